//! The new dictionary beside the published one, its concepts, and its files.

use std::{collections::BTreeMap, sync::Arc};

use cellprism_app::task::train::SAID;
use cellprism_core::sae::{matching::Pair, metrics::Metrics};
use leptos::prelude::*;

use super::{Trained, concepts, rows::rows};
use crate::{
    browser,
    bundle::Bundle,
    format::{score, thousands},
};

/// From this cosine on, two dictionary rows are called the same concept.
const SAME: f32 = 0.9;
/// From this on they are called alike.
const ALIKE: f32 = 0.7;

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
