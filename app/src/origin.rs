//! Whose content is shown, where `?bundle=` names another origin: said, and asked once for each origin.

use leptos::prelude::*;

use crate::{browser, local};

/// Origins that the reader has agreed to, one a line.
const KEY: &str = "cellprism-origins";

/// The other origin that a bundle's address leads to.
pub fn other_origin(base: &str) -> Option<String> {
    if local::is_local(base) {
        return None;
    }
    let location = window().location();
    let url = web_sys::Url::new_with_base(base, &location.href().ok()?).ok()?;
    Some(url.origin()).filter(|origin| location.origin().is_ok_and(|own| own != *origin))
}

/// Whether the reader has agreed to it before.
pub fn is_known(origin: &str) -> bool {
    let kept = browser::storage().and_then(|kept| kept.get_item(KEY).ok().flatten());
    kept.is_some_and(|kept| kept.lines().any(|line| line == origin))
}

/// Remembers that the reader has agreed to it.
pub fn remember(origin: &str) {
    if let Some(storage) = browser::storage() {
        let kept = storage.get_item(KEY).ok().flatten().unwrap_or_default();
        let _ = storage.set_item(KEY, &format!("{kept}{origin}\n"));
    }
}

/// Asks whether content of another origin may be shown.
pub fn ask(origin: &str, then: impl Fn() + 'static) -> AnyView {
    let own = window().location().origin().unwrap_or_default();
    let what = format!(
        "This address opens a bundle of {origin}. Its texts and numbers are those of whoever runs that address, not of {own}; \
         loading it tells that address that you read it."
    );
    let kept = origin.to_owned();
    let agree = move |_| {
        remember(&kept);
        then();
    };
    view! {
        <h1>"Content of another site"</h1>
        <div class="notice" role="alert" data-testid="other-origin">
            <p>{what}</p>
            <p class="row"><button class="btn" on:click=agree>{format!("Show content of {origin}")}</button></p>
            <p class="small muted">"You are asked once for each site."</p>
        </div>
    }
    .into_any()
}

/// Whose content is shown, above every page.
pub fn note(base: &str) -> Option<AnyView> {
    let origin = other_origin(base)?;
    Some(view! { <p class="wrap small muted" data-testid="content-of">{format!("Shows content of {origin}.")}</p> }.into_any())
}
