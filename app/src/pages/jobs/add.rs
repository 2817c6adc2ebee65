//! Files brought to the server: cells and gene sets.

use leptos::prelude::*;
use serde_json::json;
use wasm_bindgen::JsCast;
use web_sys::{File, HtmlInputElement};

use super::known::Known;
use crate::client;

/// Two fields for files.
pub fn view(known: Known) -> impl IntoView {
    let going = RwSignal::new(None::<String>);
    let bring = move |path: &'static str| {
        move |event: leptos::ev::Event| {
            let input: Option<HtmlInputElement> = event.target().and_then(|target| target.dyn_into().ok());
            let Some(file) = input.and_then(|input| input.files()).and_then(|files| files.get(0)) else {
                return;
            };
            leptos::task::spawn_local(async move {
                let brought = brought(&file, path, going).await;
                let _ = going.try_set(None);
                let _ = known.problem.try_set(brought.err());
                known.look();
            });
        }
    };
    let busy = move || going.with(Option::is_some);
    view! {
        <div class="job-form">
        <label class="field">
            <span>"Cells"</span>
            <input type="file" accept=".h5ad" disabled=busy on:change=bring("datasets") />
            <span class="hint">"raw counts, .h5ad"</span>
        </label>
        <label class="field">
            <span>"Gene sets"</span>
            <input type="file" accept=".gmt,.gz" disabled=busy on:change=bring("gene-sets") />
            <span class="hint">".gmt or .gmt.gz"</span>
        </label>
        <p class="small" role="status" aria-live="polite">{move || going.get()}</p>
        </div>
    }
}

async fn brought(file: &File, path: &str, going: RwSignal<Option<String>>) -> Result<(), String> {
    let name = file.name();
    let told = |share: f64| {
        let _ = going.try_set(Some(format!("{name}: {:.0} % sent", share * 100.0)));
    };
    told(0.0);
    let upload = client::upload(file, told).await?;
    let _ = going.try_set(Some(format!("{name}: the server looks at it …")));
    client::ask("POST", path, Some(&json!({"upload": upload, "name": name}))).await.map(|_| ())
}
