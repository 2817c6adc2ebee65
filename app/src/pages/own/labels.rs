//! A concept by the labels of the reader's own cells, as the concept page shows the bundle's.

use std::sync::Arc;

use cellprism_app::task::own::tally::ColumnTally;
use leptos::prelude::*;

use super::{Found, concepts::tally};
use crate::{
    browser,
    bundle::Bundle,
    components::title,
    format::{capital, percent, significant, thousands, times},
};

/// Labels shown at first.
const FIRST: usize = 20;

/// A label's row.
struct Row {
    label: String,
    cells: u32,
    active: u32,
    share: f64,
    mean: f64,
    lift: f64,
}

/// Column and table.
pub fn view(bundle: &Arc<Bundle>, found: &Arc<Found>, concept: RwSignal<u32>) -> AnyView {
    let columns = &found.answer.columns;
    let left_out = found
        .answer
        .left_out
        .iter()
        .map(|(name, why)| format!("{name}: {why}."))
        .collect::<Vec<_>>()
        .join(" ");
    if columns.is_empty() {
        let why = if left_out.is_empty() { "These cells come without labels.".to_owned() } else { left_out };
        return view! {
            <section class="section" id="labels"><header><h2>"Activations by label"</h2></header><p class="notice">{why}</p></section>
        }
        .into_any();
    }
    let column = RwSignal::new(0usize);
    let options = columns
        .iter()
        .enumerate()
        .map(|(i, c)| view! { <option value=i.to_string()>{c.name.clone()}</option> })
        .collect_view();
    let choose = move |event| column.set(event_target_value(&event).parse().unwrap_or(0));
    let (table_of, csv_of, named) = (found.clone(), found.clone(), bundle.clone());
    let name = move || {
        let id = concept.get();
        let title = named.row(id).map(title::view);
        view! { <a href=format!("#/concept/{id}")>{format!("C{id}")}</a>" "{title} }
    };
    let body = move || {
        let rows = rows(&table_of, &table_of.answer.columns[column.get()], concept.get());
        rows.into_iter().take(FIRST).map(row).collect_view()
    };
    let heading = {
        let found = found.clone();
        move || capital(&found.answer.columns[column.get()].name.replace('_', " "))
    };
    let many = {
        let found = found.clone();
        move || {
            let n = found.answer.columns[column.get()].labels.len();
            (n > FIRST).then(|| format!("The {FIRST} labels with the highest share of {n}; CSV has all. "))
        }
    };
    let save = move |_| csv(&csv_of, &csv_of.answer.columns[column.get_untracked()], concept.get_untracked());
    view! {
        <section class="section" id="labels">
            <header><h2>"Activations by label"</h2><p data-testid="own-label-concept">{name}</p></header>
            <figure class="fig">
                <header>
                    <label class="row small"><span class="muted">"Column of obs"</span>
                        <select class="input" on:change=choose>{options}</select></label>
                    <span class="tools"><button on:click=save>"CSV"</button></span>
                </header>
                <div class="scroll" tabindex="0" role="region" aria-label="Activations by label">
                    <table class="tight" data-testid="own-labels">
                        <thead><tr>
                            <th>{heading}</th><th class="n">"Cells"</th><th class="n">"Active cells"</th>
                            <th class="n">"Share active"</th><th class="n">"Mean activation"</th><th class="n">"Lift"</th>
                        </tr></thead>
                        <tbody>{body}</tbody>
                    </table>
                </div>
                <figcaption>{many}"Mean: over all cells of the label, silent ones included. Lift: share active, over the share of all cells. "{left_out}</figcaption>
            </figure>
        </section>
    }
    .into_any()
}

fn rows(found: &Found, column: &ColumnTally, concept: u32) -> Vec<Row> {
    let overall = f64::from(tally(found, concept).active) / (found.answer.cells as f64).max(1.0);
    let mut rows: Vec<Row> = column
        .labels
        .iter()
        .zip(&column.cells)
        .enumerate()
        .filter(|(_, (_, cells))| **cells > 0)
        .map(|(place, (label, &cells))| {
            let own = column.active.iter().find(|t| t.label as usize == place && t.concept == concept);
            let (active, sum) = own.map_or((0, 0.0), |t| (t.active, f64::from(t.sum)));
            let share = f64::from(active) / f64::from(cells);
            let lift = if overall > 0.0 { share / overall } else { 0.0 };
            Row { label: label.clone(), cells, active, share, mean: sum / f64::from(cells), lift }
        })
        .collect();
    cellprism_core::order::sort_by(&mut rows, |a, b| {
        b.share.total_cmp(&a.share).then_with(|| b.cells.cmp(&a.cells))
    });
    rows
}

fn row(row: Row) -> AnyView {
    view! {
        <tr data-label=row.label.clone()>
            <td>{row.label.clone()}</td>
            <td class="n faint">{thousands(row.cells)}</td>
            <td class="n">{thousands(row.active)}</td>
            <td class="n"><b>{percent(row.share)}</b></td>
            <td class="n">{significant(row.mean)}</td>
            <td class="n">{times(row.lift)}</td>
        </tr>
    }
    .into_any()
}

fn csv(found: &Found, column: &ColumnTally, concept: u32) {
    let rows = rows(found, column, concept).into_iter().map(|row| {
        let numbers = [row.share, row.mean, row.lift].map(|number| number.to_string());
        let names = [column.name.clone(), row.label, row.cells.to_string(), row.active.to_string()];
        names.into_iter().chain(numbers).collect::<Vec<_>>()
    });
    let header = ["column", "label", "cells", "active_cells", "share_active", "mean_activation", "lift"];
    browser::download_csv(&format!("C{concept}-labels.csv"), &header, rows.collect::<Vec<_>>());
}
