//! D: the reader's own name for it. Kept in this browser, exported on request, sent nowhere.

use leptos::prelude::*;

use super::Shown;
use crate::{browser, notes};

const WHAT: &str = "Write what the cells and genes suggest to you. The label stays in this browser until you export it; \
    nothing is sent.";
const REFUSED: &str = "This browser does not allow storage: export the label, or it is lost when you leave";

/// Field and export.
pub fn view(shown: &Shown) -> AnyView {
    let (tag, key) = (shown.bundle.manifest.tag.clone(), shown.key());
    let text = RwSignal::new(notes::of(&tag, key));
    let kept = RwSignal::new(None::<bool>);
    let number = RwSignal::new(notes::all(&tag).len());
    let keep = {
        let tag = tag.clone();
        move || {
            kept.set(Some(notes::keep(&tag, key, &text.get_untracked())));
            number.set(notes::all(&tag).len());
        }
    };
    let save = keep.clone();
    let name = shown.bundle.manifest.name.clone();
    let export_tag = tag.clone();
    let csv_name = name.clone();
    let csv_tag = tag.clone();
    let json = move |_| {
        let all = serde_json::json!({ "bundle": name, "tag": export_tag, "labels": notes::all(&export_tag) });
        browser::download(&format!("{name}-labels.json"), "application/json", &format!("{all:#}"));
    };
    let csv = move |_| {
        let rows = notes::all(&csv_tag).into_iter().map(|n| vec![n.address(), n.label]);
        browser::download_csv(&format!("{csv_name}-labels.csv"), &["concept", "label"], rows);
    };
    let state = move || match kept.get() {
        None => ().into_any(),
        Some(true) => {
            view! { <span class="saved small" role="status">"Kept in this browser"</span> }.into_any()
        }
        Some(false) => view! { <span class="small" role="alert">{REFUSED}</span> }.into_any(),
    };
    let typed = move |e| {
        text.set(event_target_value(&e));
        kept.set(None);
    };
    let send = move |e: leptos::ev::SubmitEvent| {
        e.prevent_default();
        save();
    };
    let none = move || number.get() == 0;
    view! {
        <section class="section" id="label">
            <header><h2><span class="letter">"D"</span>"What would you call it"</h2><p>{WHAT}</p></header>
            <div class="grid">
                <form class="c7 stack" on:submit=send>
                    <label class="field">
                        <span>{format!("Your label for {}", shown.name())}</span>
                        <input type="text" maxlength="200" placeholder="for instance: B-cell receptor signalling"
                            data-testid="label" prop:value=move || text.get() on:input=typed on:change=move |_| keep() />
                    </label>
                    <div class="row"><button class="btn primary" type="submit">"Keep"</button>{state}</div>
                </form>
                <div class="c5"><div class="row" style="justify-content:flex-end">
                    <a class="small" href="#/labels">{move || format!("{} of your labels on this bundle", number.get())}</a>
                    <button class="btn" disabled=none on:click=csv>"CSV"</button>
                    <button class="btn" disabled=none on:click=json>"JSON"</button>
                </div></div>
            </div>
        </section>
    }
    .into_any()
}
