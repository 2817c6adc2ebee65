//! The most certain concepts, one for each kind of cell.

use std::{cmp::Ordering, sync::Arc};

use cellprism_core::bundle::{ConceptRow, Side};
use leptos::prelude::*;

use super::tested;
use crate::{
    bundle::Bundle,
    certainty,
    components::{
        cell_map::{CellMap, Colouring},
        states::Load,
        title,
    },
    format::count,
    pages::list::row::more_certain,
    term::term_name,
};

/// Concepts shown.
const SHOWN: usize = 6;

/// The more certain first: a pathway that stands, then cells of a kind, then the number of genes that several of them carry,
/// then how far they exceed their share. Of an older bundle: many cells of one kind, genes above the threshold.
fn by_certainty(a: &ConceptRow, b: &ConceptRow) -> Ordering {
    let chance = |row: &ConceptRow| more_certain(row).map_or(1.0, |(_, label)| label.chance);
    let named = |row: &ConceptRow| !row.title_parts.cells.is_empty();
    let genes = |row: &ConceptRow| row.title_parts.has.len() + row.title_parts.lacks.len().min(1);
    let lift = |row: &ConceptRow| {
        let named = row.title_parts.cells.first().map(|cells| cells.lift);
        named.unwrap_or_else(|| {
            row.composition.first().map_or(0.0, |c| f64::from(c.1) / f64::from(row.cells.max(1)))
        })
    };
    (b.survives.cmp(&a.survives))
        .then(named(b).cmp(&named(a)))
        .then(genes(b).cmp(&genes(a)))
        .then(chance(a).total_cmp(&chance(b)))
        .then(lift(b).total_cmp(&lift(a)))
        .then(b.important.cmp(&a.important))
        .then(a.id.cmp(&b.id))
}

/// The first of each kind of cell; where there are too few kinds, the next ones.
fn choose<'a>(mut rows: Vec<&'a ConceptRow>, n: usize) -> Vec<&'a ConceptRow> {
    cellprism_core::order::sort_by(&mut rows, |a, b| by_certainty(a, b));
    let kind = |row: &ConceptRow| row.composition.first().map(|c| c.0);
    let mut chosen: Vec<&ConceptRow> = Vec::new();
    for &row in &rows {
        if chosen.len() < n && chosen.iter().all(|c| kind(c) != kind(row)) {
            chosen.push(row);
        }
    }
    let left = n - chosen.len();
    let others: Vec<&'a ConceptRow> =
        rows.into_iter().filter(|row| chosen.iter().all(|c| c.id != row.id)).take(left).collect();
    chosen.extend(others);
    cellprism_core::order::sort_by(&mut chosen, |a, b| by_certainty(a, b));
    chosen
}

/// The section.
pub fn view(bundle: &Arc<Bundle>) -> AnyView {
    let chosen = choose(tested(bundle).filter(|r| r.important > 0 || r.survives).collect(), SHOWN);
    if chosen.is_empty() {
        return ().into_any();
    }
    let what = if bundle.concepts.is_read() {
        "The most certain concept of each of several kinds of cells: pathways that stand first, then genes that most of the strongest cells carry. Activation on the same map."
    } else {
        "Activation on the same map; one concept for each of several kinds of cells."
    };
    let minis = chosen.into_iter().map(|row| mini(bundle, row)).collect_view();
    view! {
        <section class="section">
            <header><h2>"The most certain, to start with"</h2><p>{what}</p></header>
            <ul class="minis">{minis}</ul>
        </section>
    }
    .into_any()
}

fn mini(bundle: &Arc<Bundle>, row: &ConceptRow) -> AnyView {
    let active = RwSignal::new(Load::<Arc<Vec<(u32, f32)>>>::Waiting);
    let (id, fetched) = (row.id, bundle.clone());
    leptos::task::spawn_local(async move {
        active.try_set(match fetched.activations(id, false).await {
            Ok(found) => Load::Ready(found),
            Err(error) => Load::Failed(error),
        });
    });
    let colouring = Signal::derive(move || match active.get() {
        Load::Ready(found) => Colouring::Activation(found),
        _ => Colouring::Unknown,
    });
    let state = move || match active.get() {
        Load::Ready(_) => None,
        Load::Waiting => Some(view! { <p class="micro faint">"Loading …"</p> }.into_any()),
        Load::Failed(_) => Some(view! { <p class="micro" role="alert">"could not be loaded"</p> }.into_any()),
    };
    let label = format!("Activation of concept {}", id.0);
    let points = Signal::stored(bundle.points());
    view! {
        <li><a class="mini" href=format!("#/concept/{}", id.0)>
            <CellMap bundle=bundle.clone() points=points colouring=colouring label=label dot=3.2 />
            {state}
            <p><b class="mono">{format!("C{}", id.0)}</b>" "<span class="micro faint">{count(row.cells, "cell")}</span></p>
            <p class="small what">{title::view(row)}</p>
            {pathway(row)}
        </a></li>
    }
    .into_any()
}

/// The label that stands; nothing less is said of a concept here.
fn pathway(row: &ConceptRow) -> Option<AnyView> {
    let (side, label) = more_certain(row).filter(|(_, label)| label.survives)?;
    let scale = certainty::scale(label.chance, true);
    let lacks = (side == Side::Absence).then_some("lacks: ");
    Some(view! { <p class="micro muted">{lacks}{term_name(&label.term).0}<br />{scale}</p> }.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pathway_that_stands_comes_before_many_genes() {
        let row = |id: u32, kind: u16, survives: bool, genes: usize| -> ConceptRow {
            let mut row: ConceptRow = serde_json::from_value(serde_json::json!({
                "id": id, "class": "mixed", "cells": 50, "max": 1.0, "histogram": [], "composition": [[kind, 40]],
                "specific": [], "reads_as": "", "genes": [], "important": 1, "pathway": null, "chance": null, "xy": null
            }))
            .unwrap();
            row.survives = survives;
            row.title_parts.has = vec!["G".into(); genes];
            row
        };
        let rows = [row(0, 0, false, 3), row(1, 0, true, 0), row(2, 1, false, 2), row(3, 1, false, 3)];
        let ids = |n| choose(rows.iter().collect(), n).iter().map(|r| r.id.0).collect::<Vec<_>>();
        assert_eq!(ids(2), [1, 3]);
        assert_eq!(ids(3), [1, 0, 3]);
        assert_eq!(ids(9), [1, 0, 3, 2]);
    }
}
