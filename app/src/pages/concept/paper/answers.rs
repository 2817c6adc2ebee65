//! The four answers of a bundle that has the paper's readings only.

use cellprism_core::bundle::{AttributionDetail, Maybe};
use leptos::prelude::*;

use super::{super::answers, strength};
use crate::{
    components::{stackbar, title},
    format::{count, p_value, percent, score, thousands},
    pages::concept::Shown,
    term::term_name,
};

/// The strip.
pub fn view(shown: &Shown) -> AnyView {
    let shown_of = shown.clone();
    let own = (move || answers::own(&shown_of)).into_any();
    view! {
        <section class="four" aria-label="Four readings">
            {answers::card(shown, "cells", "A", "Cells", cells(shown))}
            {answers::card(shown, "genes", "B", "Genes", genes(shown))}
            {answers::card(shown, "pathways", "C", "Pathways", pathway(shown))}
            {answers::card(shown, "label", "D", "Label", own)}
        </section>
    }
    .into_any()
}

fn cells(shown: &Shown) -> AnyView {
    let row = &shown.row;
    let first = shown.concept.detail.columns.first().and_then(|c| c.labels.first());
    let sub = first.map_or_else(String::new, |l| {
        let share = percent(f64::from(l.active) / f64::from(l.total.max(1)));
        format!(
            "{} of {} active cells; {share} of all {} cells",
            thousands(l.active),
            thousands(row.cells),
            l.label
        )
    });
    view! {
        <p class="answer">{title::text(row)}</p>{stackbar::composition(&shown.bundle, row)}<p class="sub">{sub}</p>
    }
    .into_any()
}

fn genes(shown: &Shown) -> AnyView {
    let (names, note) = match &shown.concept.detail.attribution {
        Maybe::Value(found) => leading(found, shown.bundle.manifest.parameters.attribution.important),
        Maybe::Missing { not_available } => (String::new(), format!("Not available: {not_available}")),
    };
    view! { <p class="answer"><span class="gene">{names}</span></p><p class="sub">{note}</p> }.into_any()
}

fn leading(found: &AttributionDetail, important: f64) -> (String, String) {
    let positive = found.genes.iter().filter(|g| g.mean > 0.0).take(4);
    let names = positive.map(|g| g.symbol.clone()).collect::<Vec<_>>().join(", ");
    let leader = found.genes.first().map(|g| format!("; {} leads at {}", g.symbol, score(f64::from(g.mean))));
    let above = count(found.important, "gene");
    let note = format!(
        "{above} above {important}, the mean of {} swaps each{}",
        found.pairs,
        leader.unwrap_or_default()
    );
    (names, note)
}

fn pathway(shown: &Shown) -> AnyView {
    let (row, e) = (&shown.row, &shown.bundle.manifest.parameters.enrichment);
    let Some(label) = &row.pathway else {
        let note = row.chance.map_or_else(
            || "Chance was not computed for so few cells".to_owned(),
            |chance| format!("Chance would earn one in {} of matched random rankings", percent(chance)),
        );
        return view! { <p class="answer unset">"No set passes"</p><p class="sub">{note}</p> }.into_any();
    };
    let numbers =
        format!(" p {}, FDR {}. ", p_value(label.p, e.permutations), p_value(label.fdr, e.permutations));
    let chance = row
        .chance
        .map(|c| format!("Chance earns a label this good in {} of matched random rankings", percent(c)));
    view! {
        <p class="answer">{term_name(&label.term).0}</p>
        <p class="sub">{strength(label.strength)}{numbers}{chance}</p>
    }
    .into_any()
}
