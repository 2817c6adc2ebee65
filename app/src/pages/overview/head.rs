//! Title and ways in.

use std::sync::Arc;

use cellprism_core::bundle::opening;
use leptos::prelude::*;

use crate::{bundle::Bundle, components::title, route};

/// The head of the page.
pub fn view(bundle: &Arc<Bundle>) -> AnyView {
    let m = &bundle.manifest;
    let active: Vec<u32> = bundle.concepts.active().map(|row| row.id.0).collect();
    let random = move |_| {
        if let Some(id) = active.get((js_sys::Math::random() * active.len() as f64) as usize) {
            route::go(&format!("#/concept/{id}"));
        }
    };
    let lead = title::set(opening::lead(&m.counts));
    view! {
        <div class="ohead grid">
            <div class="c8">
                <p class="eyebrow">{format!("Bundle · {}", m.name)}</p>
                <h1>{m.title.clone()}</h1>
                <p class="lead" style="margin-top:var(--s4)">{lead}</p>
            </div>
            <div class="c4 oact">
                <a class="btn primary" href="#/concepts">"Browse the concepts"</a>
                <button class="btn" on:click=random>"Random concept"</button>
            </div>
        </div>
    }
    .into_any()
}
