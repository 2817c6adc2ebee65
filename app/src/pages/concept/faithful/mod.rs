//! Whether the ranking is faithful: genes deleted and inserted, and differential expression beside it.

mod differential;
mod held_out;

use cellprism_core::bundle::Maybe;
use leptos::prelude::*;

use super::{Shown, paper};

/// The section.
pub fn view(shown: &Shown) -> AnyView {
    let what = "Genes are swapped one after another, in order, and never put back. A faithful ranking makes the activation fall early, and rise early where the genes are given to another cell.";
    let curves = match shown.reading().map(|reading| &reading.faithful) {
        Some(Maybe::Value(curves)) => held_out::view(shown, curves),
        Some(Maybe::Missing { not_available }) => view! {
            <figure class="fig c12"><p class="na"><b>"Not available"</b>{format!(": {not_available}")}</p></figure>
        }
        .into_any(),
        None => view! { <figure class="fig c7">{paper::deletion::view(shown)}</figure> }.into_any(),
    };
    view! {
        <section class="section" id="deletion">
            <header><h2>"Do these genes really carry it?"</h2><p>{what}</p></header>
            <div class="grid">{curves}{differential::view(shown)}</div>
        </section>
    }
    .into_any()
}
