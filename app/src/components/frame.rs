//! What is around every page: bar, navigation, search, footer; and which page is shown.

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{HtmlElement, KeyboardEvent};

use super::{
    cell_map::{Redraw, provide_redraw},
    states::{Failed, Load, Loading},
};
use crate::{
    browser,
    bundle::{self, Bundle, Listed},
    pages,
    route::{self, Route},
};

const PAGES: [(&str, &str); 5] =
    [("", "Overview"), ("concepts", "Concepts"), ("genes", "Genes"), ("train", "Train"), ("about", "About")];

/// The explorer.
#[component]
pub fn App() -> impl IntoView {
    let route = route::follow();
    provide_context(route);
    provide_redraw();
    let loaded = RwSignal::new(Load::<Arc<Bundle>>::Waiting);
    let listed = RwSignal::new(Vec::<Listed>::new());
    leptos::task::spawn_local(async move {
        let found = match bundle::locate().await {
            Ok((list, base)) => {
                listed.set(list);
                bundle::load(base).await
            }
            Err(error) => Err(error),
        };
        loaded.set(match found {
            Ok(bundle) => Load::Ready(bundle),
            Err(error) => Load::Failed(error),
        });
    });
    listen_for_keys();
    view! {
        <a class="skip" href="#main" on:click=|event| { event.prevent_default(); focus("main"); }>"Skip to content"</a>
        {move || match loaded.get() {
            Load::Waiting => view! {
                <Bar bundle=None listed=vec![] /> <main id="main" class="wrap" tabindex="-1"><h1 class="vh">"cellprism"</h1><Loading what="the bundle" /></main>
            }.into_any(),
            Load::Failed(error) => view! {
                <Bar bundle=None listed=vec![] />
                <main id="main" class="wrap" tabindex="-1">
                    <h1>"No bundle to show"</h1>
                    <Failed what="The bundle" error=error />
                    {others(&listed.get_untracked())}
                    <p class="small muted">"A bundle is a folder that "<span class="mono">"cellprism run"</span>" writes. Open one with "
                        <span class="mono">"?bundle=URL"</span>" in the address, or serve it with "<span class="mono">"cellprism serve --bundle DIR"</span>"."</p>
                </main>
            }.into_any(),
            Load::Ready(bundle) => view! { <Shown bundle=bundle listed=listed.get_untracked() /> }.into_any(),
        }}
    }
}

#[component]
fn Shown(bundle: Arc<Bundle>, listed: Vec<Listed>) -> impl IntoView {
    provide_context(bundle.clone());
    let route = route::current();
    let footer = footer(&bundle);
    let named = bundle.clone();
    // The page itself only changes with the path; its state is followed inside.
    let path = Memo::new(move |_| route.with(|r| r.path.clone()));
    let shown = move || {
        let path = path.get();
        let title = match path.first().map(String::as_str) {
            Some("concept") => format!("C{}", path.get(1).map_or("", String::as_str)),
            Some("concepts") => "Concepts".into(),
            Some("gene") => path.get(1).cloned().unwrap_or_default(),
            Some("genes") => "Genes".into(),
            Some("train") => "Train".into(),
            Some("about") => "About".into(),
            _ => "Overview".into(),
        };
        document().set_title(&format!("{title} · {} · cellprism", named.manifest.name));
        let argument = path.get(1).cloned().unwrap_or_default();
        match path.first().map_or("", String::as_str) {
            "" => view! { <pages::overview::Overview /> }.into_any(),
            "concepts" => view! { <pages::concepts::Concepts /> }.into_any(),
            "concept" => view! { <pages::concept::ConceptPage id=argument /> }.into_any(),
            "genes" => view! { <pages::gene::Genes /> }.into_any(),
            "gene" => view! { <pages::gene::Gene symbol=argument /> }.into_any(),
            "train" => view! { <pages::train::Train /> }.into_any(),
            "about" => view! { <pages::about::About /> }.into_any(),
            other => view! { <h1>"No such page"</h1><p>{format!("There is no page {other:?}. ")}<a href="#/">"Overview"</a></p> }.into_any(),
        }
    };
    view! {
        <Bar bundle=Some(bundle) listed=listed />
        <main id="main" class="wrap" tabindex="-1">{shown}</main>
        {footer}
    }
}

#[component]
fn Bar(bundle: Option<Arc<Bundle>>, listed: Vec<Listed>) -> impl IntoView {
    let route = route::current();
    let redraw = expect_context::<Redraw>().0;
    let page = Memo::new(move |_| match route.with(|r| r.page().to_owned()).as_str() {
        "concept" => "concepts".to_owned(),
        "gene" => "genes".to_owned(),
        other => other.to_owned(),
    });
    let ready = bundle.is_some();
    let links = move || {
        PAGES
            .iter()
            .map(|&(name, title)| {
                let current = move || (page.get() == name).then_some("page");
                view! { <a href=format!("#/{name}") aria-current=current>{title}</a> }
            })
            .collect::<Vec<_>>()
    };
    let name = bundle.map(|b| b.manifest.name.clone()).unwrap_or_default();
    view! {
        <div class="topbar"><div class="wrap">
            <a class="wordmark" href="#/" aria-label="cellprism, overview"><Mark />"cellprism"</a>
            {picker(&name, listed)}
            <nav class="nav" aria-label="Pages">{links}</nav>
            {ready.then(|| view! { <Find /> })}
            <button class="iconbtn" aria-label="Switch between light and dark" title="Light or dark"
                on:click=move |_| { browser::switch_theme(); redraw.update(|n| *n = n.wrapping_add(1)); }>
                <svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M8 1.8a6.2 6.2 0 0 1 0 12.4Z" fill="currentColor"/></svg>
            </button>
        </div></div>
    }
}

/// Links to the bundles that the site does have.
fn others(listed: &[Listed]) -> AnyView {
    if listed.is_empty() {
        return ().into_any();
    }
    let link = |l: &Listed| {
        let href = format!("?bundle={}", String::from(js_sys::encode_uri_component(&l.name)));
        let title = if l.title.is_empty() { l.name.clone() } else { l.title.clone() };
        view! { <li><a href=href>{title}</a></li> }
    };
    let links = listed.iter().map(link).collect::<Vec<_>>();
    view! { <p>"This site has:"</p><ul>{links}</ul> }.into_any()
}

/// The bundle's name; a choice where the site has several.
fn picker(name: &str, listed: Vec<Listed>) -> AnyView {
    if listed.len() < 2 {
        return view! { <span class="bundle bundlename">{name.to_owned()}</span> }.into_any();
    }
    let options = listed
        .into_iter()
        .map(|l| view! { <option value=l.name.clone() selected=l.name == name>{if l.title.is_empty() { l.name.clone() } else { l.title }}</option> })
        .collect::<Vec<_>>();
    let choose = move |event| {
        let chosen = event_target_value(&event);
        let _ = window()
            .location()
            .set_search(&format!("?bundle={}", String::from(js_sys::encode_uri_component(&chosen))));
    };
    view! { <select class="bundlepick" aria-label="Bundle" on:change=choose>{options}</select> }.into_any()
}

#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg viewBox="0 0 28 22" aria-hidden="true"><path d="M11 2 20 19H2Z" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linejoin="round"/><path d="M0 12.6 6.4 10.6" stroke="currentColor" stroke-width="1.6"/><path d="M15.6 10.4 28 6.4" stroke="#e69f00" stroke-width="1.8"/><path d="M16.6 12.2 28 11.6" stroke="#009e73" stroke-width="1.8"/><path d="M17.6 14 28 17" stroke="var(--accent)" stroke-width="1.8"/></svg>
    }
}

/// One box for genes, labels, pathways and numbers; Enter opens the list, or the concept where a number is given.
#[component]
fn Find() -> impl IntoView {
    let submit = move |event: KeyboardEvent| {
        if event.key() != "Enter" {
            return;
        }
        let text = event_target_value(&event).trim().to_owned();
        let number = text.trim_start_matches(['c', 'C']);
        let known = bundle::current();
        if let Some(id) = number.parse::<u32>().ok().filter(|&id| known.row(id).is_some()) {
            route::go(&format!("#/concept/{id}"));
        } else if !text.is_empty() {
            let mut to = Route { path: vec!["concepts".into()], ..Route::default() };
            to.query.insert("q".into(), text);
            to.query.insert("show".into(), "all".into());
            route::go(&to.to_hash());
        }
    };
    view! {
        <div class="find" role="search">
            <label class="vh" for="find">"Find a concept, gene, label or pathway"</label>
            <input id="find" type="search" placeholder="Gene, label, pathway, id" on:keydown=submit />
            <kbd aria-hidden="true">"/"</kbd>
        </div>
    }
}

fn footer(bundle: &Bundle) -> impl IntoView + use<> {
    let sources = bundle
        .manifest
        .sources
        .iter()
        .map(
            |s| view! { <span>{format!("{}: {}{}", capital(&s.part), s.source, licence(&s.licence))}</span> },
        )
        .collect::<Vec<_>>();
    view! {
        <footer class="foot"><div class="wrap">
            <span>"Bundle "<b>{bundle.manifest.name.clone()}</b>" "<span class="mono faint">{bundle.manifest.tag.clone()}</span></span>
            {sources}
            <span style="margin-left:auto"><a href="#/about">"Methods, provenance, limits"</a></span>
        </div></footer>
    }
}

fn licence(text: &str) -> String {
    if text == "not stated" { String::new() } else { format!(" ({text})") }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
}

fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        let _ = element.unchecked_into::<HtmlElement>().focus();
    }
}

/// `/` goes to the search box from anywhere but a field.
fn listen_for_keys() {
    let pressed = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
        let in_field = document()
            .active_element()
            .is_some_and(|e| ["INPUT", "TEXTAREA", "SELECT"].contains(&e.tag_name().as_str()));
        if event.key() == "/" && !in_field && !event.ctrl_key() && !event.meta_key() {
            event.prevent_default();
            focus("find");
        }
    });
    let _ = document().add_event_listener_with_callback("keydown", pressed.as_ref().unchecked_ref());
    pressed.forget();
}
