//! Concepts like it.

use cellprism_core::bundle::Related;
use leptos::prelude::*;

use super::Shown;
use crate::{
    bundle::Subject,
    components::{stackbar, title},
    format::{score, thousands},
};

/// Those active in the same cells, and those that point the same way.
pub fn view(shown: &Shown) -> AnyView {
    let detail = &shown.concept.detail;
    let one = shown.listing.subject.one();
    let figure = |title: &'static str, list: &[Related]| {
        let table = table(shown, title, list);
        view! { <figure class="fig c6"><header><h3>{title}</h3></header>{table}</figure> }
    };
    // Dimensions stand at right angles to each other.
    let alike =
        (shown.listing.subject == Subject::Concepts).then(|| figure("Pointing the same way", &detail.alike));
    view! {
        <section class="section" id="related">
            <header><h2>{format!("Related {one}s")}</h2>{other_side(shown)}</header>
            <div class="grid">
                {figure("Active in the same cells", &detail.coactive)}
                {alike}
            </div>
        </section>
    }
    .into_any()
}

/// Of a neuron: the other side of its dimension.
fn other_side(shown: &Shown) -> Option<AnyView> {
    if shown.listing.subject == Subject::Concepts {
        return None;
    }
    let (id, dimensions) = (shown.id(), shown.bundle.manifest.counts.embedding);
    let other = if id < dimensions { id + dimensions } else { id.checked_sub(dimensions)? };
    let row = shown.listing.row(other)?;
    let active = format!(
        " is the other side of the same dimension, active in {} cells; no cell has both. All other dimensions stand at a right angle to it, so that no neuron points the same way.",
        thousands(row.cells)
    );
    let (link, name) = (shown.listing.subject.link(other), shown.listing.name(other));
    Some(
        view! { <p data-testid="other-side"><a class="mono idl" href=link>{name}</a>{active}</p> }.into_any(),
    )
}

fn table(shown: &Shown, label: &'static str, list: &[Related]) -> AnyView {
    let rows = list.iter().filter_map(|related| row(shown, related)).collect::<Vec<_>>();
    if rows.is_empty() {
        return view! { <p class="notice">"None."</p> }.into_any();
    }
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=label><table class="rel">
            <thead><tr>
                <th>{shown.listing.subject.title()}</th><th>"Cells"</th><th>"What it is"</th>
                <th class="n">"Shared cells"</th><th class="n">"Jaccard"</th><th class="n">"Cosine"</th>
            </tr></thead>
            <tbody>{rows}</tbody>
        </table></div>
    }
    .into_any()
}

fn row(shown: &Shown, related: &Related) -> Option<AnyView> {
    let (id, row) = (related.id.0, shown.listing.row(related.id.0)?);
    let shared = format!("{} of {}", thousands(related.shared), thousands(row.cells));
    Some(
        view! {
            <tr>
                <td><a class="mono idl" href=shown.listing.subject.link(id)>{shown.listing.name(id)}</a></td>
                <td style="min-width:72px">{stackbar::composition(&shown.bundle, row)}</td>
                <td class="titled">{title::view(row)}</td>
                <td class="n">{shared}</td>
                <td class="n">{format!("{:.2}", related.jaccard)}</td>
                <td class="n">{score(f64::from(related.cosine))}</td>
            </tr>
        }
        .into_any(),
    )
}
