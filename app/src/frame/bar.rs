//! The bar: bundles, pages, light and dark.

use std::sync::Arc;

use leptos::prelude::*;

use super::{find::Find, open::OpenButton};
use crate::{
    browser,
    bundle::{Bundle, Listed},
    client,
    components::cell_map::Redraw,
    local,
    page::Page,
    route,
};

/// The bar; search only where there is a bundle.
#[component]
pub fn Bar(bundle: Option<Arc<Bundle>>, listed: Vec<Listed>) -> impl IntoView {
    let route = route::current();
    let page = Memo::new(move |_| route.with(|r| Page::of(&r.path)).in_bar());
    let ready = bundle.is_some();
    let jobs = client::has_jobs().then_some(Page::Jobs);
    let links = Page::BAR
        .into_iter()
        .chain(jobs)
        .map(|own| {
            let (link, title) = (own.link(), own.title());
            let current = move || (page.get() == own).then_some("page");
            view! { <a href=link aria-current=current>{title}</a> }
        })
        .collect::<Vec<_>>();
    let here = bundle.as_ref().is_some_and(|bundle| local::is_local(&bundle.base));
    let name = bundle.map(|b| b.manifest.name.clone()).unwrap_or_default();
    view! {
        <header class="topbar"><div class="wrap">
            <a class="wordmark" href="#/" aria-label="cellprism, overview"><Mark />"cellprism"</a>
            {picker(&name, here, listed)}
            <OpenButton />
            <nav class="nav" aria-label="Pages">{links}</nav>
            {ready.then(|| view! { <Find /> })}
            <Theme />
        </div></header>
    }
}

#[component]
fn Theme() -> impl IntoView {
    let redraw = expect_context::<Redraw>().0;
    let switch = move |_| {
        browser::switch_theme();
        redraw.update(|n| *n = n.wrapping_add(1));
    };
    view! {
        <button class="iconbtn" aria-label="Switch between light and dark" title="Light or dark" on:click=switch>
            <svg viewBox="0 0 16 16" aria-hidden="true">
                <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.5" />
                <path d="M8 1.8a6.2 6.2 0 0 1 0 12.4Z" fill="currentColor" />
            </svg>
        </button>
    }
}

/// The bundle's name; a choice where there are several, with one of this computer among them.
fn picker(name: &str, here: bool, listed: Vec<Listed>) -> AnyView {
    if listed.len() + usize::from(here) < 2 {
        return view! { <span class="bundle bundlename">{name.to_owned()}</span> }.into_any();
    }
    let options = listed
        .into_iter()
        .map(|l| {
            // Titles may be the same, as of one data set described twice; names are folders and differ.
            view! { <option value=l.name.clone() title=l.title selected=!here && l.name == name>{l.name.clone()}</option> }
        })
        .collect::<Vec<_>>();
    let choose = move |event| {
        let chosen: String = event_target_value(&event);
        if chosen.is_empty() {
            return;
        }
        // A concept's number means something else in another bundle: to its overview.
        let location = window().location();
        let chosen = String::from(js_sys::encode_uri_component(&chosen));
        let page = location.pathname().unwrap_or_default();
        let _ = location.assign(&format!("{page}?bundle={chosen}#/"));
    };
    let own =
        here.then(|| view! { <option value="" selected=true>{format!("{name} (this computer)")}</option> });
    view! { <select class="bundlepick" aria-label="Bundle" on:change=choose>{own}{options}</select> }
        .into_any()
}

#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg viewBox="0 0 28 22" aria-hidden="true">
            <path d="M11 2 20 19H2Z" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linejoin="round" />
            <path d="M0 12.6 6.4 10.6" stroke="currentColor" stroke-width="1.6" />
            <path d="M15.6 10.4 28 6.4" stroke="#e69f00" stroke-width="1.8" />
            <path d="M16.6 12.2 28 11.6" stroke="#009e73" stroke-width="1.8" />
            <path d="M17.6 14 28 17" stroke="var(--accent)" stroke-width="1.8" />
        </svg>
    }
}
