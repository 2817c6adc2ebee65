//! When maps are drawn again though nothing of theirs changed: another theme, another size of the window.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};

/// Told when the theme changed or the window was resized.
#[derive(Clone, Copy)]
pub struct Redraw(pub RwSignal<u32>);

/// Redraws on resize, and on a change of the system's theme or of its forced colours.
pub fn provide_redraw() {
    let tick = RwSignal::new(0u32);
    provide_context(Redraw(tick));
    let again = Closure::<dyn FnMut()>::new(move || tick.update(|n| *n = n.wrapping_add(1)));
    window().set_onresize(Some(again.as_ref().unchecked_ref()));
    for query in ["(prefers-color-scheme: dark)", "(forced-colors: active)"] {
        if let Ok(Some(query)) = window().match_media(query) {
            query.set_onchange(Some(again.as_ref().unchecked_ref()));
        }
    }
    again.forget();
}
