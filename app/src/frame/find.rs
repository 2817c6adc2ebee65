//! One box for genes, labels, pathways and numbers.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::KeyboardEvent;

use super::focus;
use crate::{
    browser, bundle,
    route::{self, Route},
};

/// The box; Enter opens the list, or the concept where a number is given.
#[component]
pub fn Find() -> impl IntoView {
    let submit = move |event: KeyboardEvent| {
        if event.key() != "Enter" {
            return;
        }
        let text = event_target_value(&event).trim().to_owned();
        let number = text.trim_start_matches(['c', 'C']);
        let known = bundle::current();
        if let Some(id) = number.parse::<u32>().ok().filter(|&id| known.row(id).is_some()) {
            route::go(&format!("#/concept/{id}"));
        } else if !text.is_empty() {
            let mut to = Route { path: vec!["concepts".into()], ..Route::default() };
            to.query.insert("q".into(), text);
            to.query.insert("show".into(), "all".into());
            route::go(&to.to_hash());
        }
    };
    view! {
        <div class="find" role="search">
            <label class="vh" for="find">"Find a concept, gene, label or pathway"</label>
            <input id="find" type="search" placeholder="Gene, label, pathway, id" on:keydown=submit />
            <kbd aria-hidden="true">"/"</kbd>
        </div>
    }
}

/// `/` goes to the box from anywhere but a field.
pub fn listen_for_slash() {
    let pressed = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
        if event.key() == "/" && !browser::in_field() && !event.ctrl_key() && !event.meta_key() {
            event.prevent_default();
            focus("find");
        }
    });
    let _ = document().add_event_listener_with_callback("keydown", pressed.as_ref().unchecked_ref());
    pressed.forget();
}
