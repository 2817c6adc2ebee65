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

use super::Trained;
use crate::{
    browser,
    bundle::Bundle,
    components::cell_map::{CellMap, Colouring},
    format::{percent, score, thousands},
};

/// From this cosine on, two dictionary rows are called the same concept.
const SAME: f32 = 0.9;
/// From this on they are called alike.
const ALIKE: f32 = 0.7;
/// Concepts shown at first.
const FIRST: usize = 15;

/// A new concept: what the table says of it.
struct Row {
    concept: u32,
    cells: Vec<(u32, f32)>,
    /// Commonest label of the primary column and its share, for the bundle's own cells.
    commonest: Option<(String, f64)>,
    /// The published concept paired with it.
    pair: Option<Pair>,
}

/// Metrics, concepts, downloads.
pub fn view(bundle: &Arc<Bundle>, trained: &Arc<Trained>) -> AnyView {
    let answer = &trained.answer;
    let pairs: BTreeMap<u32, Pair> = answer.pairs.iter().map(|pair| (pair.right.0, *pair)).collect();
    let rows = match rows(bundle, trained, &pairs) {
        Ok(rows) => Arc::new(rows),
        Err(what) => return view! { <p class="notice bad" role="alert">{what}</p> }.into_any(),
    };
    let line = |name: &str, m: &Metrics| {
        view! {
            <tr><td class="lab">{name.to_owned()}</td><td class="n">{thousands(m.concepts as u64)}</td><td class="n">{m.active_per_cell}</td><td class="n"><b>{score(m.r2)}</b></td><td class="n">{score(m.r2_per_dimension)}</td>
                <td class="n">{thousands(m.active as u64)}</td><td class="n">{thousands(m.dead as u64)}</td><td class="n">{format!("{:.1}", m.l0)}</td></tr>
        }
    };
    let metrics = view! { {line("trained here", &answer.metrics)}{answer.published.as_ref().map(|m| line("published", m))} };
    view! {
        <section class="section" id="outcome"><header><h2>"The dictionary"</h2><p data-testid="summary">{summary(trained)}</p></header>
            <div class="scroll" tabindex="0" role="region" aria-label="Metrics of both dictionaries"><table class="met">
                <thead><tr><th>"Dictionary"</th><th class="n">"Concepts c"</th><th class="n">"Active per cell k"</th><th class="n">"R², all entries"</th><th class="n">"R², mean of dimensions"</th><th class="n">"Active"</th><th class="n">"Dead"</th><th class="n">"L0"</th></tr></thead>
                <tbody>{metrics}</tbody></table></div>
            {files(bundle, trained)}
        </section>
        {concepts(bundle, trained, &rows)}
    }
    .into_any()
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
    let codes = bundle.primary().filter(|_| trained.own_cells).map(|column| &bundle.codes[column]);
    let mut rows: Vec<Row> = cells
        .into_iter()
        .enumerate()
        .filter(|(_, cells)| !cells.is_empty())
        .map(|(concept, cells)| Row {
            concept: concept as u32,
            commonest: codes.and_then(|codes| commonest(bundle, codes, &cells)),
            cells,
            pair: pairs.get(&(concept as u32)).copied(),
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.cells.len()));
    Ok(rows)
}

fn commonest(bundle: &Bundle, codes: &[u16], cells: &[(u32, f32)]) -> Option<(String, f64)> {
    let labels = bundle.primary_labels();
    let mut counts = vec![0u32; labels.len()];
    for (cell, _) in cells {
        match codes.get(*cell as usize) {
            Some(&NO_LABEL) | None => {}
            Some(&code) => counts[usize::from(code)] += 1,
        }
    }
    let (code, &count) = counts.iter().enumerate().max_by_key(|(code, n)| (**n, std::cmp::Reverse(*code)))?;
    (count > 0).then(|| (labels[code].clone(), f64::from(count) / cells.len() as f64))
}

/// The concepts, and the cells of a chosen one.
fn concepts(bundle: &Arc<Bundle>, trained: &Trained, rows: &Arc<Vec<Row>>) -> AnyView {
    let chosen = RwSignal::new(0usize);
    let all = RwSignal::new(false);
    let known = bundle.clone();
    let (has_labels, has_pairs) =
        (rows.iter().any(|row| row.commonest.is_some()), !trained.answer.pairs.is_empty());
    let table = {
        let rows = rows.clone();
        move || {
            let most = if all.get() { rows.len() } else { FIRST };
            rows.iter()
                .enumerate()
                .take(most)
                .map(|(i, row)| {
                    let published = row.pair.map(|pair| {
                        let id = pair.left.0;
                        let reads_as = known.row(id).map(|row| row.reads_as.clone()).unwrap_or_default();
                        view! { <a href=format!("#/concept/{id}")>{format!("C{id}")}</a>" "<span class="muted">{reads_as}</span> }
                    });
                    let cosine = row.pair.map_or_else(String::new, |pair| format!("{:.2}", pair.cosine).replace('-', "−"));
                    let commonest = row.commonest.as_ref().map_or_else(String::new, |(label, share)| format!("{} {label}", percent(*share)));
                    view! {
                        <tr class:on=move || chosen.get() == i>
                            <td><button class="plainlink mono" aria-pressed=move || (chosen.get() == i).to_string() on:click=move |_| chosen.set(i)>{row.concept}</button></td>
                            <td class="n">{thousands(row.cells.len() as u64)}</td>
                            {has_labels.then(|| view! { <td>{commonest}</td> })}
                            {has_pairs.then(|| view! { <td>{published}</td><td class="n">{cosine}</td> })}
                        </tr>
                    }
                })
                .collect::<Vec<_>>()
        }
    };
    let more = {
        let n = rows.len();
        move || {
            (n > FIRST && !all.get()).then(|| view! { <p><button class="btn" on:click=move |_| all.set(true)>{format!("Show all {}", thousands(n as u64))}</button></p> })
        }
    };
    let map = trained.own_cells.then(|| {
        let shown = rows.clone();
        let colouring = Signal::derive(move || {
            Colouring::Activation(Arc::new(shown.get(chosen.get()).map(|row| row.cells.clone()).unwrap_or_default()))
        });
        let named = rows.clone();
        let title = move || named.get(chosen.get()).map_or_else(String::new, |row| format!("Cells that activate new concept {}", row.concept));
        view! {
            <figure class="fig c5"><header><h3>{title}</h3></header>
                <CellMap bundle=bundle.clone() colouring=colouring label="Map of the cells, coloured by the activation of the chosen new concept" tags=true />
                <figcaption>"Dark: strong. Grey: exactly 0."</figcaption></figure>
        }
    });
    let width = if trained.own_cells { "fig c7" } else { "fig c12" };
    view! {
        <section class="section" id="new-concepts"><header><h2>"Its concepts"</h2><p>"Those that are active in most cells first. Choose one to see where it is active."</p></header>
            <div class="grid">
                <figure class=width><div class="scroll" tabindex="0" role="region" aria-label="New concepts"><table class="tight" data-testid="new-concepts">
                    <thead><tr><th>"New"</th><th class="n">"Cells"</th>{has_labels.then(|| view! { <th>"Commonest label"</th> })}{has_pairs.then(|| view! { <th>"Published counterpart"</th><th class="n">"Cosine"</th> })}</tr></thead>
                    <tbody>{table}</tbody></table></div>{more}</figure>
                {map}
            </div>
        </section>
    }
    .into_any()
}

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
