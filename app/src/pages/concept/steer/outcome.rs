//! What changed, in words; the table; the change beside attribution.

use std::sync::Arc;

use cellprism_core::steering::{SteeredConcept, mean};
use leptos::prelude::*;

use super::{Shown, beside, table};
use crate::{bundle::Subject, format::significant};

/// The outcome for a multiple of the present activation.
pub fn view(
    shown: &Shown,
    found: &Arc<SteeredConcept>,
    factor: f32,
    order: RwSignal<table::Order>,
) -> AnyView {
    if factor == 1.0 {
        return view! { <p class="small">"The present value: nothing changes."</p> }.into_any();
    }
    let set = format!(
        "{} prototypes: mean activation {} set to {}",
        found.old.len(),
        significant(mean(&found.old)),
        significant(mean(&found.new))
    );
    let what = match shown.listing.subject {
        Subject::Concepts => format!(
            "{set}; the dictionary reads {} in the moved embeddings, where other concepts compete for a place.",
            significant(mean(&found.read_again))
        ),
        Subject::Neurons => format!("{set}; nothing competes with a dimension for its place."),
    };
    view! {
        <p class="small muted">{what}</p>
        <div class="grid" style="margin-top:var(--s4)">
            {table::view(shown, found, factor, order)}{beside::view(shown, found)}
        </div>
    }
    .into_any()
}
