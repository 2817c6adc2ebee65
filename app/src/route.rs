//! The address after `#`: which page, and its state, so that every view can be linked to.

use std::collections::BTreeMap;

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};

/// A parsed address such as `#/concepts?q=CD74&sort=cells`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    /// Parts between slashes, decoded.
    pub path: Vec<String>,
    /// What follows `?`.
    pub query: BTreeMap<String, String>,
}

impl Route {
    /// Reads the part after `#`.
    pub fn parse(hash: &str) -> Self {
        let hash = hash.trim_start_matches('#');
        let (path, query) = hash.split_once('?').unwrap_or((hash, ""));
        let path = path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
        let query = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(key, value)| (decode(key), decode(value)))
            .collect();
        Self { path, query }
    }

    /// The part after `#`.
    pub fn to_hash(&self) -> String {
        let path: Vec<String> = self.path.iter().map(|part| encode(part)).collect();
        let query: Vec<String> =
            self.query.iter().map(|(k, v)| format!("{}={}", encode(k), encode(v))).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        format!("#/{}{query}", path.join("/"))
    }

    /// A value of the state, empty where it is not set.
    pub fn get(&self, key: &str) -> &str {
        self.query.get(key).map_or("", String::as_str)
    }
}

fn decode(text: &str) -> String {
    js_sys::decode_uri_component(text).map_or_else(|_| text.to_owned(), String::from)
}

fn encode(text: &str) -> String {
    String::from(js_sys::encode_uri_component(text))
}

/// The address as a signal, following the browser's buttons. `leave` is told before another page is shown, `arrive` after.
pub fn follow(leave: fn(), arrive: fn()) -> RwSignal<Route> {
    let read = || Route::parse(&window().location().hash().unwrap_or_default());
    let route = RwSignal::new(read());
    let changed = Closure::<dyn FnMut()>::new(move || {
        let next = read();
        let other = route.with_untracked(|now| now.path != next.path);
        if other {
            leave();
        }
        route.set(next);
        if other {
            arrive();
        }
    });
    window().set_onhashchange(Some(changed.as_ref().unchecked_ref()));
    changed.forget();
    route
}

/// The current address.
pub fn current() -> RwSignal<Route> {
    expect_context::<RwSignal<Route>>()
}

/// Sets one value of the state without a new entry in the history; an empty value removes it.
pub fn set(route: RwSignal<Route>, key: &str, value: &str) {
    route.update(|route| {
        if value.is_empty() {
            route.query.remove(key);
        } else {
            route.query.insert(key.into(), value.into());
        }
        if let Ok(history) = window().history() {
            let entry = history.state().unwrap_or(wasm_bindgen::JsValue::NULL);
            let _ = history.replace_state_with_url(&entry, "", Some(&route.to_hash()));
        }
    });
}

/// Goes to an address, as a link does.
pub fn go(hash: &str) {
    let _ = window().location().set_hash(hash.trim_start_matches('#'));
}
