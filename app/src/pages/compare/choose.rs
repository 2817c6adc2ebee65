//! What to compare with: a bundle of this site, an address, files of this computer, the model's neurons. An address and the
//! neurons stand in the page's own address.

use std::sync::Arc;

use leptos::prelude::*;
use web_sys::HtmlInputElement;

use super::Shown;
use crate::{
    bundle::{self, Bundle, Listed, Place},
    local, origin, route,
};

/// The form.
pub fn view(bundle: &Arc<Bundle>, shown: Shown) -> AnyView {
    let route = route::current();
    let with = Memo::new(move |_| route.with(|r| r.get("with").to_owned()));
    let listed = RwSignal::new(Vec::<Listed>::new());
    let (own, opened) = (bundle.manifest.name.clone(), bundle.base.clone());
    let here = local::is_local(&opened);
    leptos::task::spawn_local(async move {
        if let Ok((list, _)) = bundle::locate().await {
            listed.try_set(
                list.into_iter()
                    .filter(|entry| (here || entry.name != own) && entry.path != opened)
                    .collect(),
            );
        }
    });
    let asked = RwSignal::new(None::<(String, String)>);
    let compared = bundle.clone();
    Effect::new(move || {
        let with = with.get();
        asked.set(None);
        match with.as_str() {
            "" => {}
            "neurons" => shown.with_neurons(&compared),
            address => {
                let base = bundle::base_of(&place_of(&listed.get(), address));
                match origin::other_origin(&base).filter(|origin| !origin::is_known(origin)) {
                    Some(origin) => asked.set(Some((origin, base))),
                    None => shown.with_place(&compared, Place::Address(base)),
                }
            }
        }
    });
    let choices = move || {
        let choice = |entry: &Listed| {
            let (name, title) = (entry.name.clone(), entry.title.clone());
            let pressed = {
                let name = name.clone();
                move || with.with(|with| *with == name).to_string()
            };
            let text = if title.is_empty() { name.clone() } else { format!("{name} · {title}") };
            view! { <button class="chip" aria-pressed=pressed on:click=move |_| route::set(route, "with", &name)>{text}</button> }
        };
        listed.get().iter().map(choice).collect_view()
    };
    let agreed = bundle.clone();
    let ask = move || {
        asked.get().map(|(origin, base)| {
            let bundle = agreed.clone();
            let what = format!("This compares with a bundle of {origin}. Its names and numbers are those of whoever runs that address; loading it tells that address that you read it.");
            let kept = origin.clone();
            let go = move |_| {
                origin::remember(&kept);
                asked.set(None);
                shown.with_place(&bundle, Place::Address(base.clone()));
            };
            view! {
                <div class="notice" role="alert" data-testid="other-origin"><p>{what}</p>
                    <p class="row"><button class="btn" on:click=go>{format!("Show content of {origin}")}</button></p></div>
            }
        })
    };
    let address = RwSignal::new(String::new());
    let open = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        route::set(route, "with", address.get_untracked().trim());
    };
    let problem = RwSignal::new(None::<String>);
    let files_of = bundle.clone();
    let chosen = move |event: leptos::ev::Event| {
        let input: HtmlInputElement = event_target(&event);
        let Some(files) = input.files().filter(|files| files.length() > 0) else { return };
        let bundle = files_of.clone();
        route::set(route, "with", "");
        leptos::task::spawn_local(async move {
            match bundle::given(files).await {
                Ok(given) => {
                    problem.try_set(None);
                    shown.with_place(&bundle, Place::Folder(given));
                }
                Err(what) => {
                    problem.try_set(Some(what));
                }
            }
        });
    };
    let (again, packed) = (chosen.clone(), chosen.clone());
    let folder = NodeRef::<leptos::html::Input>::new();
    Effect::new(move || {
        if let Some(input) = folder.get() {
            let _ = input.set_attribute("webkitdirectory", "");
        }
    });
    view! {
        <section class="section" id="with">
            <header><h2>"With what"</h2><p>"The left side is this bundle. Nothing that you choose here leaves this computer."</p></header>
            <div class="panel stack">
                <div class="row" role="group" aria-label="Bundles of this site, or neurons">
                    {choices}
                    <button class="chip" aria-pressed=move || with.with(|with| with == "neurons").to_string()
                        on:click=move |_| route::set(route, "with", "neurons")>"The model’s neurons"</button>
                </div>
                <form class="row" on:submit=open>
                    <label class="field" style="flex:1 1 320px"><span>"Address of a bundle"</span>
                        <input type="text" inputmode="url" placeholder="https://…/bundle/" on:input=move |e| address.set(event_target_value(&e)) /></label>
                    <button class="btn" type="submit" style="align-self:end">"Compare"</button>
                </form>
                <div class="row source">
                    <label class="field"><span>"A bundle’s folder on this computer"</span>
                        <input type="file" multiple node_ref=folder data-testid="folder" on:change=chosen /></label>
                    <label class="field"><span>"… or a zip file of it"</span>
                        <input type="file" accept=".zip,application/zip" data-testid="zip" on:change=packed /></label>
                    <label class="field"><span>"A dictionary: cfg.json and sae_weights.safetensors"</span>
                        <input type="file" multiple accept=".json,.safetensors" data-testid="dictionary" on:change=again /></label>
                </div>
                {move || problem.get().map(|what| view! { <p class="notice bad" role="alert">{what}</p> })}
                {ask}
            </div>
        </section>
    }
    .into_any()
}

/// A bundle of the site by its name, or the address itself.
fn place_of(listed: &[Listed], asked: &str) -> String {
    listed
        .iter()
        .find(|entry| entry.name == asked)
        .map_or_else(|| asked.to_owned(), |entry| entry.path.clone())
}
