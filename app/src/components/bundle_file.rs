//! A file of the bundle, to look at: at its address, or saved where the bundle is one of this computer.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{browser, bundle::Bundle, local};

/// A button of that name.
pub fn button(bundle: &Arc<Bundle>, file: &str, name: &'static str) -> AnyView {
    if !local::is_local(&bundle.base) {
        let address = format!("{}{file}", bundle.base);
        return view! { <a class="btn" href=address target="_blank" rel="noopener">{name}</a> }.into_any();
    }
    let (bundle, file) = (bundle.clone(), file.to_owned());
    let save = move |_| {
        let (bundle, file) = (bundle.clone(), file.clone());
        leptos::task::spawn_local(async move {
            match bundle.bytes(&file).await {
                Ok(bytes) => browser::download_bytes(file.rsplit('/').next().unwrap_or(&file), &bytes),
                Err(error) => {
                    let _ = window().alert_with_message(&format!("{}: {}", error.file, error.what));
                }
            }
        });
    };
    view! { <button class="btn" on:click=save>{name}</button> }.into_any()
}
