//! Puts something on the clipboard, and says whether that worked.

use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::browser;

/// Milliseconds for which it is said.
const SAID: i32 = 2500;

/// A button that copies what `text` gives when it is pressed.
pub fn button(name: &'static str, class: &'static str, text: impl Fn() -> String + 'static) -> AnyView {
    let said = RwSignal::new(None::<&'static str>);
    let press = move |_| {
        let copied = JsFuture::from(window().navigator().clipboard().write_text(&text()));
        leptos::task::spawn_local(async move {
            let word = if copied.await.is_ok() { "Copied" } else { "This browser does not let a page copy" };
            said.try_set(Some(word));
            browser::pause(SAID).await;
            said.try_set(None);
        });
    };
    view! {
        <span class="copy"><button class=class type="button" on:click=press>{name}</button>
            <span class="micro saved" role="status">{move || said.get()}</span></span>
    }
    .into_any()
}

/// The address of what is seen.
pub fn link(class: &'static str) -> AnyView {
    button("Copy link", class, || window().location().href().unwrap_or_default())
}
