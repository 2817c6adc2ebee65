//! `j` and `k` move along the links of the list; Enter opens, as on any link.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::browser;

/// Listens while the list is shown.
pub fn listen() {
    let handle = window_event_listener(ev::keydown, move |event| {
        let step = match event.key().as_str() {
            "j" => 1i64,
            "k" => -1,
            _ => return,
        };
        if !browser::in_field() && !event.ctrl_key() && !event.meta_key() {
            go(step);
        }
    });
    on_cleanup(move || handle.remove());
}

fn go(step: i64) {
    let Ok(links) = document().query_selector_all(".clist .idl") else { return };
    let focused = document().active_element();
    let at = (0..links.length())
        .find(|&i| links.item(i).is_some_and(|n| focused.as_ref().is_some_and(|f| n.is_same_node(Some(f)))));
    let next = at.map_or(0, |at| (i64::from(at) + step).clamp(0, i64::from(links.length()) - 1));
    if let Some(link) = links.item(next.max(0) as u32) {
        let _ = link.unchecked_into::<HtmlElement>().focus();
    }
}
