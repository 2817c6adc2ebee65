//! Title and ways in.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{bundle::Bundle, format::thousands, route};

/// The head of the page.
pub fn view(bundle: &Arc<Bundle>) -> AnyView {
    let m = &bundle.manifest;
    let active: Vec<u32> = bundle.concepts.active().map(|row| row.id.0).collect();
    let random = move |_| {
        if let Some(id) = active.get((js_sys::Math::random() * active.len() as f64) as usize) {
            route::go(&format!("#/concept/{id}"));
        }
    };
    let before = format!(
        "A sparse autoencoder splits the model’s {}-dimensional view of each cell into ",
        m.counts.embedding
    );
    let after = format!(
        ", {} of them active per cell. Each is described by the cells that activate it, the genes that those cells have and lack, and the pathways that stand above chance.",
        m.counts.active_per_cell
    );
    view! {
        <div class="ohead grid">
            <div class="c8">
                <p class="eyebrow">{format!("Bundle · {}", m.name)}</p>
                <h1>{m.title.clone()}</h1>
                <p class="lead" style="margin-top:var(--s4)">
                    {before}<b>{format!("{} candidate concepts", thousands(m.counts.concepts))}</b>{after}
                </p>
            </div>
            <div class="c4 oact">
                <a class="btn primary" href="#/concepts">"Browse the concepts"</a>
                <button class="btn" on:click=random>"Random concept"</button>
            </div>
        </div>
    }
    .into_any()
}
