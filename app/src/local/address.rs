//! What the page's address says while a bundle of this computer is shown: its name, so that a reload or a link that was copied
//! can say what is missing, and never shows another bundle in its place.

use std::cell::RefCell;

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

use super::SCHEME;

thread_local! {
    /// What the address asks for, of the bundle that is shown.
    static SHOWN: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The folder or zip file that the address names, which only the page that opened it had.
pub fn asked_for() -> Option<String> {
    let search = window().location().search().ok()?;
    let asked = web_sys::UrlSearchParams::new_with_str(&search).ok()?.get("bundle")?;
    asked.strip_prefix(SCHEME).map(str::to_owned)
}

/// Goes to the start of a bundle of this computer.
pub fn enter(name: &str) {
    let location = window().location();
    let page = location.pathname().unwrap_or_default();
    let named = String::from(js_sys::encode_uri_component(&format!("{SCHEME}{name}")));
    if let Ok(history) = window().history() {
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&format!("{page}?bundle={named}#/")));
    }
    SHOWN.set(location.search().unwrap_or_default());
}

/// Loads the page anew where the browser's buttons lead to another bundle.
pub fn reload_where_left() {
    SHOWN.set(window().location().search().unwrap_or_default());
    let moved = Closure::<dyn FnMut()>::new(|| {
        let location = window().location();
        if SHOWN.with_borrow(|shown| location.search().is_ok_and(|now| now != *shown)) {
            let _ = location.reload();
        }
    });
    let _ = window().add_event_listener_with_callback("popstate", moved.as_ref().unchecked_ref());
    moved.forget();
}
