//! The new dictionary's concepts beside their published counterparts.

use std::sync::Arc;

use leptos::prelude::*;

use super::rows::Row;
use crate::{
    bundle::Bundle,
    components::{
        cell_map::{CellMap, Colouring, Live},
        title,
    },
    format::{percent, thousands},
};

/// Concepts shown at first.
const FIRST: usize = 15;

/// Which columns the table has, and which concept is chosen.
#[derive(Clone, Copy)]
struct Table {
    labels: bool,
    pairs: bool,
    chosen: RwSignal<usize>,
}

/// The table, and the map of the chosen one where the cells are the bundle's.
pub fn view(bundle: &Arc<Bundle>, own_cells: bool, rows: &Arc<Vec<Row>>) -> AnyView {
    let table = Table {
        labels: rows.iter().any(|row| row.commonest.is_some()),
        pairs: rows.iter().any(|row| row.pair.is_some()),
        chosen: RwSignal::new(0),
    };
    let all = RwSignal::new(false);
    let (known, listed, n) = (bundle.clone(), rows.clone(), rows.len());
    let lines = move || {
        let most = if all.get() { n } else { FIRST };
        let lines = listed.iter().enumerate().take(most);
        lines.map(|(i, row)| line(&known, row, i, table)).collect_view()
    };
    let more = move || {
        (n > FIRST && !all.get()).then(|| {
            let text = format!("Show all {}", thousands(n as u64));
            view! { <p><button class="btn" on:click=move |_| all.set(true)>{text}</button></p> }
        })
    };
    let labels = table.labels.then(|| view! { <th>"Commonest label"</th> });
    let pairs = table.pairs.then(|| view! { <th>"Published counterpart"</th><th class="n">"Cosine"</th> });
    view! {
        <section class="section" id="new-concepts">
            <header>
                <h2>"Its concepts"</h2>
                <p>"Those that are active in most cells first. Choose one to see where it is active."</p>
            </header>
            <div class="grid">
                <figure class=if own_cells { "fig c7" } else { "fig c12" }>
                    <div class="scroll" tabindex="0" role="region" aria-label="New concepts">
                        <table class="tight" data-testid="new-concepts">
                            <thead><tr><th>"New"</th><th class="n">"Cells"</th>{labels}{pairs}</tr></thead>
                            <tbody>{lines}</tbody>
                        </table>
                    </div>
                    {more}
                </figure>
                {own_cells.then(|| map(bundle, rows, table.chosen))}
            </div>
        </section>
    }
    .into_any()
}

fn line(bundle: &Bundle, row: &Row, i: usize, table: Table) -> AnyView {
    let published = row.pair.map(|pair| {
        let id = pair.left.0;
        let name = bundle.row(id).map(title::view);
        view! { <a href=format!("#/concept/{id}")>{format!("C{id}")}</a>" "<span class="muted">{name}</span> }
    });
    let cosine = row.pair.map_or_else(String::new, |pair| format!("{:.2}", pair.cosine).replace('-', "−"));
    let commonest = row.commonest.as_ref();
    let commonest =
        commonest.map_or_else(String::new, |(label, share)| format!("{} {label}", percent(*share)));
    let chosen = move || table.chosen.get() == i;
    let choose = move |_| table.chosen.set(i);
    view! {
        <tr class:on=chosen>
            <td>
                <button class="plainlink mono" aria-pressed=move || chosen().to_string() on:click=choose>{row.concept}</button>
            </td>
            <td class="n">{thousands(row.cells.len() as u64)}</td>
            {table.labels.then(|| view! { <td>{commonest}</td> })}
            {table.pairs.then(|| view! { <td>{published}</td><td class="n">{cosine}</td> })}
        </tr>
    }
    .into_any()
}

fn map(bundle: &Arc<Bundle>, rows: &Arc<Vec<Row>>, chosen: RwSignal<usize>) -> AnyView {
    let shown = rows.clone();
    let colouring = Signal::derive(move || {
        let cells = shown.get(chosen.get()).map(|row| row.cells.clone()).unwrap_or_default();
        Colouring::Activation(Arc::new(cells))
    });
    let points = Signal::stored(bundle.points());
    let named = rows.clone();
    let title = move || {
        let row = named.get(chosen.get());
        row.map_or_else(String::new, |row| format!("Cells that activate new concept {}", row.concept))
    };
    let label = "Map of the cells, coloured by the activation of the chosen new concept";
    view! {
        <figure class="fig c5">
            <header><h3>{title}</h3></header>
            <CellMap bundle=bundle.clone() points=points colouring label=label live=Live::new() />
            <figcaption>"The more colour, the stronger. Grey: exactly 0."</figcaption>
        </figure>
    }
    .into_any()
}
