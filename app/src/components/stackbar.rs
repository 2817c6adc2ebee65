//! Shares of labels as a thin bar.

use cellprism_core::bundle::ConceptRow;
use leptos::prelude::*;

use crate::{bundle::Bundle, format::percent};

/// The commonest labels among a concept's active cells.
pub fn composition(bundle: &Bundle, row: &ConceptRow) -> impl IntoView + use<> {
    let labels = bundle.primary_labels();
    let parts: Vec<_> = row
        .composition
        .iter()
        .map(|&(code, cells)| {
            let share = f64::from(cells) / f64::from(row.cells.max(1));
            let label = labels.get(usize::from(code)).cloned().unwrap_or_default();
            let style = format!("width:{:.2}%;--c:{}", share * 100.0, bundle.colour(code));
            view! { <i style=style title=format!("{label} {cells} ({})", percent(share))></i> }
        })
        .collect();
    view! { <div class="stackbar">{parts}</div> }
}

/// "86% B", bold from the share at which a concept counts as specific.
pub fn share_and_name(bundle: &Bundle, row: &ConceptRow) -> AnyView {
    let Some(&(code, cells)) = row.composition.first() else {
        return view! { <span>"–"</span> }.into_any();
    };
    let share = f64::from(cells) / f64::from(row.cells.max(1));
    let label = bundle.primary_labels().get(usize::from(code)).cloned().unwrap_or_default();
    if share >= bundle.manifest.parameters.specificity.ratio {
        view! { <b>{percent(share)}</b>" "{label} }.into_any()
    } else {
        format!("{} {label}", percent(share)).into_any()
    }
}
