//! Loading, failed, empty and not available: four different looks, none of them a result.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{bundle::Bundle, client::FetchError, local};

/// Something that is being fetched.
#[derive(Clone, Debug)]
pub enum Load<T> {
    /// On its way.
    Waiting,
    /// Not there, and why.
    Failed(FetchError),
    /// There.
    Ready(T),
}

/// The shape of what is coming.
#[component]
pub fn Loading(#[prop(into)] what: String) -> impl IntoView {
    view! {
        <div class="loading" role="status" aria-live="polite">
            <p class="small muted">{format!("Loading {what} …")}</p>
            <span class="sk" style="width:62%"></span>
            <span class="sk" style="width:88%"></span>
            <span class="sk" style="width:47%"></span>
        </div>
    }
}

/// A fetch that failed: which file, why, and a way to try again.
#[component]
pub fn Failed(#[prop(into)] what: String, error: FetchError) -> impl IntoView {
    // A reload would forget a bundle of this computer.
    let kept = use_context::<Arc<Bundle>>().is_none_or(|bundle| !local::is_local(&bundle.base));
    let again = kept.then(|| view! { <p class="row"><button class="btn" on:click=|_| { let _ = window().location().reload(); }>"Try again"</button></p> });
    view! {
        <div class="notice bad" role="alert">
            <h4>{format!("{what} could not be loaded")}</h4>
            <p><span class="mono">{error.file}</span>": "{error.what}". This is a failure, not an empty result."</p>
            {again}
        </div>
    }
}
