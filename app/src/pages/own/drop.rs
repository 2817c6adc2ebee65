//! Where a file is dropped or chosen.

use std::sync::Arc;

use leptos::prelude::*;
use web_sys::HtmlInputElement;

use super::{Shown, State, begin};
use crate::{bundle::Bundle, format::bytes, local};

/// Takes a file that was let go.
pub fn taken(
    bundle: &Arc<Bundle>,
    shown: Shown,
    over: RwSignal<bool>,
) -> impl Fn(leptos::ev::DragEvent) + 'static + use<> {
    let bundle = bundle.clone();
    move |event| {
        event.prevent_default();
        over.set(false);
        // A bundle is opened by the page around this one.
        let data = event.data_transfer().filter(|data| local::dropped(data).is_none());
        let files = data.and_then(|data| data.files());
        if let Some(file) = files.and_then(|files| files.get(0)) {
            begin::choose(&bundle, shown, file);
        }
    }
}

/// The place, with what was chosen.
pub fn view(bundle: &Arc<Bundle>, shown: Shown, over: RwSignal<bool>) -> AnyView {
    let (picked, repeated) = (bundle.clone(), bundle.clone());
    let choose = move |event: leptos::ev::Event| {
        let input: HtmlInputElement = event_target(&event);
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            begin::choose(&picked, shown, file);
        }
        // The same file may be chosen again.
        input.set_value("");
    };
    let said = move || {
        match shown.chosen.get() {
        None => view! {
            <p><b>"Drop an .h5ad file"</b>", embeddings, or a ranking of genes"</p>
            <p class="small muted">"Nothing leaves this page"</p>
        }
        .into_any(),
        Some(chosen) => view! {
            <p><b>{chosen.file.name()}</b></p>
            <p class="small muted">{format!("{}, read in this page; nothing leaves it", bytes(chosen.file.size()))}</p>
        }
        .into_any(),
    }
    };
    let has_file = move || shown.chosen.with(Option::is_some);
    let is_busy = move || matches!(shown.state.get(), State::Opening | State::Working);
    let any = move |event| shown.any_number.set(event_target_checked(&event));
    let again = move |_| begin::again(&repeated, shown);
    view! {
        <section class="section" id="file" aria-label="Your file">
            <div class="drop own" class:over=move || over.get()>
                <svg viewBox="0 0 40 32" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">
                    <path d="M3 21v6a2 2 0 0 0 2 2h30a2 2 0 0 0 2-2v-6M20 21V4m-6 6 6-6 6 6" />
                </svg>
                {said}
                <label class="btn pick">
                    <input class="vh" type="file" data-testid="own-file" on:change=choose
                        accept=".h5ad,.h5,.hdf5,.safetensors,.npy,.csv,.tsv,.txt,.rnk,.gmt,.gz" />
                    {move || if has_file() { "Choose another file" } else { "Choose a file" }}
                </label>
            </div>
            <div class="row small ownset">
                <label class="row"><input type="checkbox" prop:checked=move || shown.any_number.get() on:change=any />
                    "Take values that are not whole numbers (scVI was trained on raw counts)"</label>
                {move || (has_file() && !is_busy()).then(|| {
                    let again = again.clone();
                    view! { <button class="btn quiet" type="button" on:click=again>"Read again"</button> }
                })}
            </div>
        </section>
    }
    .into_any()
}
