//! What is fetched only once the reader comes near it.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

/// How far beyond the window's edges something counts as near: a fetch is under way when it comes into view.
const MARGIN: &str = "300px 0px";

/// Calls `then` when the element first comes near the window; at once where the browser does not watch.
pub fn when_near(element: &Element, then: impl Fn() + Clone + 'static) {
    let called = then.clone();
    let watch = Closure::<dyn FnMut(js_sys::Array, IntersectionObserver)>::new(
        move |entries: js_sys::Array, observer: IntersectionObserver| {
            let near = |entry: wasm_bindgen::JsValue| {
                entry.unchecked_into::<IntersectionObserverEntry>().is_intersecting()
            };
            if entries.iter().any(near) {
                observer.disconnect();
                called();
            }
        },
    );
    let options = IntersectionObserverInit::new();
    options.set_root_margin(MARGIN);
    match IntersectionObserver::new_with_options(watch.as_ref().unchecked_ref(), &options) {
        Ok(observer) => {
            observer.observe(element);
            let kept = StoredValue::new_local((observer, watch));
            on_cleanup(move || {
                kept.try_update_value(|(observer, _)| observer.disconnect());
            });
        }
        Err(_) => then(),
    }
}
