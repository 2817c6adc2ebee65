//! The new dictionary beside the published one, its concepts, and its files.

use std::{collections::BTreeMap, sync::Arc};

use cellprism_app::task::train::{ACTIVATIONS, SAID};
use cellprism_core::{
    bundle::{read_f32, read_u32},
    cells::NO_LABEL,
    sae::{matching::Pair, metrics::Metrics},
};
use leptos::prelude::*;
use safetensors::SafeTensors;

use super::{Trained, concepts};
use crate::{
    browser,
    bundle::Bundle,
    format::{score, thousands},
};

/// From this cosine on, two dictionary rows are called the same concept.
const SAME: f32 = 0.9;
/// From this on they are called alike.
const ALIKE: f32 = 0.7;
/// A new concept: what the table says of it.
pub struct Row {
    /// Its number.
    pub concept: u32,
    /// Active cells with their activations.
    pub cells: Vec<(u32, f32)>,
    /// Commonest label of the primary column and its share, for the bundle's own cells.
    pub commonest: Option<(String, f64)>,
    /// The published concept paired with it.
    pub pair: Option<Pair>,
}

/// Metrics, concepts, downloads.
pub fn view(bundle: &Arc<Bundle>, trained: &Arc<Trained>) -> AnyView {
    let answer = &trained.answer;
    let pairs: BTreeMap<u32, Pair> = answer.pairs.iter().map(|pair| (pair.right.0, *pair)).collect();
    let rows = match rows(bundle, trained, &pairs) {
        Ok(rows) => Arc::new(rows),
        Err(what) => return view! { <p class="notice bad" role="alert">{what}</p> }.into_any(),
    };
    let published = answer.published.as_ref().map(|m| metrics_row("published", m));
    let heads = [
        "Concepts c",
        "Active per cell k",
        "R², all entries",
        "R², mean of dimensions",
        "Active",
        "Dead",
        "L0",
    ];
    let heads = heads.map(|name| view! { <th class="n">{name}</th> }).collect_view();
    view! {
        <section class="section" id="outcome">
            <header><h2>"The dictionary"</h2><p data-testid="summary">{summary(trained)}</p></header>
            <div class="scroll" tabindex="0" role="region" aria-label="Metrics of both dictionaries">
                <table class="met">
                    <thead><tr><th>"Dictionary"</th>{heads}</tr></thead>
                    <tbody>{metrics_row("trained here", &answer.metrics)}{published}</tbody>
                </table>
            </div>
            {files(bundle, trained)}
        </section>
        {concepts::view(bundle, trained.own_cells, &rows)}
    }
    .into_any()
}

fn metrics_row(name: &'static str, m: &Metrics) -> AnyView {
    let numbers = [
        thousands(m.concepts as u64),
        m.active_per_cell.to_string(),
        score(m.r2),
        score(m.r2_per_dimension),
        thousands(m.active as u64),
        thousands(m.dead as u64),
        format!("{:.1}", m.l0),
    ];
    let cells = numbers.map(|text| view! { <td class="n">{text}</td> }).collect_view();
    view! { <tr><td class="lab">{name}</td>{cells}</tr> }.into_any()
}

fn summary(trained: &Trained) -> String {
    let answer = &trained.answer;
    let time = format!("Trained in {:.1} s. ", trained.seconds);
    if answer.pairs.is_empty() {
        return time
            + "Embeddings of another size than the bundle’s: its concepts have no counterpart to be compared with.";
    }
    let at_least = |cosine: f32| answer.pairs.iter().filter(|pair| pair.cosine >= cosine).count();
    time + &format!(
        "Each published concept is paired with one of these by the direction of its dictionary row: of {} pairs, {} are \
         the same concept (cosine {SAME} or more), {} alike ({ALIKE} or more).",
        thousands(answer.pairs.len() as u64),
        thousands(at_least(SAME) as u64),
        thousands(at_least(ALIKE) as u64)
    )
}

fn rows(bundle: &Bundle, trained: &Trained, pairs: &BTreeMap<u32, Pair>) -> Result<Vec<Row>, String> {
    let file = trained.files.get(ACTIVATIONS)?;
    let tensors = SafeTensors::deserialize(file).map_err(|e| e.to_string())?;
    let (shape, indices) = read_u32(&tensors, "indices").map_err(|e| e.to_string())?;
    let (_, values) = read_f32(&tensors, "values").map_err(|e| e.to_string())?;
    let k = shape.get(1).copied().unwrap_or(1).max(1);
    let mut cells = vec![Vec::new(); trained.answer.active_cells.len()];
    for (place, (&concept, &value)) in indices.iter().zip(&values).enumerate() {
        if value > 0.0 {
            cells[concept as usize].push(((place / k) as u32, value));
        }
    }
    let codes = bundle
        .primary()
        .filter(|_| trained.own_cells)
        .and_then(|column| bundle.known_codes(column, &bundle.points()));
    let mut rows: Vec<Row> = cells
        .into_iter()
        .enumerate()
        .filter(|(_, cells)| !cells.is_empty())
        .map(|(concept, cells)| Row {
            concept: concept as u32,
            commonest: codes.as_ref().and_then(|codes| commonest(bundle, codes, &cells)),
            cells,
            pair: pairs.get(&(concept as u32)).copied(),
        })
        .collect();
    cellprism_core::order::sort_by_key(&mut rows, |row| std::cmp::Reverse(row.cells.len()));
    Ok(rows)
}

/// The commonest label among the cells that maps draw, and its share.
fn commonest(bundle: &Bundle, codes: &[u16], cells: &[(u32, f32)]) -> Option<(String, f64)> {
    let points = bundle.points();
    let labels = bundle.primary_labels();
    let mut counts = vec![0u32; labels.len()];
    let drawn: Vec<usize> = cells.iter().filter_map(|(cell, _)| points.place(*cell)).collect();
    for &place in &drawn {
        match codes.get(place) {
            Some(&NO_LABEL) | None => {}
            Some(&code) => counts[usize::from(code)] += 1,
        }
    }
    let (code, &count) = counts.iter().enumerate().max_by_key(|(code, n)| (**n, std::cmp::Reverse(*code)))?;
    (count > 0).then(|| (labels[code].clone(), f64::from(count) / drawn.len() as f64))
}

/// The concepts, and the cells of a chosen one.
/// Downloads, and the command that gives the same files.
fn files(bundle: &Bundle, trained: &Arc<Trained>) -> AnyView {
    let buttons = SAID
        .into_iter()
        .map(|name| {
            let trained = trained.clone();
            let save = move |_| {
                if let Some(bytes) = trained.files.find(name) {
                    browser::download_bytes(name, bytes);
                }
            };
            view! { <button class="btn" data-file=name on:click=save>{name}</button> }
        })
        .collect::<Vec<_>>();
    let command = trained.command.replace("BUNDLE", &bundle.manifest.name);
    view! {
        <div class="row" style="margin-top:var(--s4)"><span class="small muted">"Save"</span>{buttons}</div>
        <p class="caption">"The layout is SAELens’s. This command writes the same weights, bit for bit:"</p>
        <pre class="command" tabindex="0">{command}</pre>
    }
    .into_any()
}
