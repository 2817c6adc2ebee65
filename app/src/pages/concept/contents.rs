//! Links to the parts of the page, and the keys that go to the next one.

use cellprism_core::ids::ConceptId;
use leptos::{ev, prelude::*};

use crate::{browser, bundle::Listing, route};

const PARTS: [(&str, &str); 10] = [
    ("genes", "Genes"),
    ("pathways", "Pathways"),
    ("cells", "Cells"),
    ("label", "Label"),
    ("pairs", "Pairs"),
    ("deletion", "Deletion"),
    ("recompute", "Recompute here"),
    ("steer", "Steer"),
    ("related", "Related"),
    ("provenance", "Provenance"),
];

/// Links to the parts; they scroll, since the address already names the concept.
pub fn view() -> AnyView {
    let links = PARTS
        .into_iter()
        .map(|(id, title)| view! { <button on:click=move |_| browser::scroll_to(id)>{title}</button> })
        .collect_view();
    view! { <nav class="toc" aria-label="On this page" tabindex="0">{links}</nav> }.into_any()
}

/// The active ones before and after this one.
pub fn neighbours(listing: &Listing, id: ConceptId) -> (Option<u32>, Option<u32>) {
    let mut active = listing.active().map(|row| row.id.0);
    let before = listing.active().map(|row| row.id.0).rfind(|&other| other < id.0);
    (before, active.find(|&other| other > id.0))
}

/// `j` and `k` go to the next and the previous active one.
pub fn step_by_keys(listing: &Listing, id: ConceptId) {
    let (before, after) = neighbours(listing, id);
    let subject = listing.subject;
    let handle = window_event_listener(ev::keydown, move |event| {
        let to = match event.key().as_str() {
            "j" => after,
            "k" => before,
            _ => None,
        };
        if let Some(to) = to.filter(|_| !browser::in_field() && !event.ctrl_key() && !event.meta_key()) {
            route::go(&subject.link(to));
        }
    });
    on_cleanup(move || handle.remove());
}
