//! What was found: figures, files to save, what is active, in which cells, and where they lie.

use std::sync::Arc;

use cellprism_app::task::own::readings::{ACTIVATIONS, EMBEDDINGS};
use leptos::prelude::*;

use super::{Found, concepts, labels, placed};
use crate::{
    browser,
    bundle::Bundle,
    format::{bytes, percent, thousands},
};

/// All of it.
pub fn view(bundle: &Arc<Bundle>, found: &Arc<Found>) -> AnyView {
    let most = concepts::in_order(bundle, found, concepts::Order::Share).first().copied();
    let concept = RwSignal::new(most.unwrap_or(0));
    view! {
        <section class="section" id="found">
            <header><h2>"Activations"</h2></header>
            <p class="vh" role="status">{format!("{} cells are read.", thousands(found.answer.cells))}</p>
            {figures(found)}
            <div class="row" style="margin-top:var(--s4)"><span class="small muted">"Save"</span>{saves(found)}</div>
        </section>
        {concepts::view(bundle, found, concept)}
        {labels::view(bundle, found, concept)}
        {placed::view(bundle, found, concept)}
    }
    .into_any()
}

fn figures(found: &Found) -> AnyView {
    let answer = &found.answer;
    let active = answer.concepts.iter().filter(|tally| tally.active > 0).count();
    let per_cell = answer.concepts.iter().map(|tally| f64::from(tally.active)).sum::<f64>()
        / (answer.cells as f64).max(1.0);
    let seconds = found.last.map_or(0.0, |done| done.elapsed / 1000.0);
    let rate = answer.cells as f64 / seconds.max(0.001);
    let share = found.last.and_then(|done| done.counts_share);
    let fourth = match share {
        Some(share) => ("Counts on the model’s genes", percent(share), "the rest is not read".to_owned()),
        None => ("From", "embeddings".to_owned(), "the dictionary alone was asked".to_owned()),
    };
    let figure = |name: &'static str, value: String, sub: String| {
        view! { <div><dt>{name}</dt><dd>{value}</dd><dd class="sub">{sub}</dd></div> }
    };
    view! {
        <dl class="strip" data-testid="own-figures" data-memory=answer.memory.to_string() data-cells=answer.cells.to_string()>
            {figure("Cells", thousands(answer.cells), found.name.clone())}
            {figure("Active concepts", thousands(active as u64), format!("of {}; {per_cell:.1} per cell", thousands(answer.concepts.len() as u64)))}
            {figure("Time", format!("{seconds:.1} s"), format!("{} cells a second, in {} of memory", thousands(rate as u64), bytes(answer.memory as f64)))}
            {figure(fourth.0, fourth.1, fourth.2)}
        </dl>
    }
    .into_any()
}

fn saves(found: &Arc<Found>) -> AnyView {
    let save = |name: &'static str| {
        let blob = found.written.get(name).cloned()?;
        let size = bytes(blob.size());
        let blob = StoredValue::new_local(blob);
        let offer = move |_| {
            if let Some(blob) = blob.try_get_value() {
                browser::download_blob(name, &blob);
            }
        };
        Some(
            view! { <button class="btn" type="button" data-file=name on:click=offer>{name}" "<span class="faint">{size}</span></button> },
        )
    };
    view! { {save(ACTIVATIONS)}{save(EMBEDDINGS)} }.into_any()
}
