//! What is around every page, and which page is shown: bar, search, footer.
//!
//! | file | idea |
//! |---|---|
//! | `arrival` | focus and place of a page that is come to, or come back to |
//! | `at` | how far the page is with its bundle |
//! | `bar` | bundles, pages, light and dark |
//! | `find` | one box for genes, labels, pathways and numbers |
//! | `footer` | the bundle and its sources |
//! | `open` | a bundle of this computer |
//! | `start` | from an address to a bundle, or what is read without one |

mod arrival;
mod at;
mod bar;
mod find;
mod footer;
mod open;
mod start;

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use at::At;
use bar::Bar;
use open::Open;

use crate::{
    bundle::{Bundle, Listed},
    components::cell_map::provide_redraw,
    local, origin,
    page::Page,
    pages, parts, route,
    search::Words,
};

/// The explorer.
#[component]
pub fn App() -> impl IntoView {
    arrival::begin();
    let route = route::follow(arrival::leave, arrival::arrive);
    provide_context(route);
    provide_redraw();
    // What the address asks for comes at the same time as the bundle.
    if let Some(part) = parts::part_of(&route.with_untracked(|route| Page::of(&route.path))) {
        parts::fetch_ahead(part);
    }
    let at = RwSignal::new(At::Looking);
    let listed = RwSignal::new(Vec::<Listed>::new());
    let open = Open::new(at);
    provide_context(open);
    open::listen(open);
    local::reload_where_left();
    leptos::task::spawn_local(start::look(at, listed));
    find::listen_for_slash();
    let shown = move || match at.get() {
        At::Shown(bundle) => view! { <Shown bundle=bundle listed=listed.get_untracked() /> }.into_any(),
        other => start::page(other, at, open, &listed.get_untracked()),
    };
    let skip = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        focus("main");
    };
    view! { <a class="skip" href="#main" on:click=skip>"Skip to content"</a>{shown}{open::over_page(open)} }
}

#[component]
fn Shown(bundle: Arc<Bundle>, listed: Vec<Listed>) -> impl IntoView {
    provide_context(bundle.clone());
    provide_context(Words::new(&bundle));
    let route = route::current();
    parts::fetch_next_step();
    let footer = footer::footer(&bundle);
    let named = bundle.clone();
    // The page itself only changes with the path; its state is followed inside.
    let page = Memo::new(move |_| route.with(|r| Page::of(&r.path)));
    let shown = move || {
        let page = page.get();
        document().set_title(&format!("{} · {} · cellprism", page.title(), named.manifest.name));
        if let Some(part) = parts::part_of(&page) {
            return parts::shown(part, page);
        }
        match page {
            Page::Overview => view! { <pages::overview::Overview /> }.into_any(),
            Page::List(subject) => view! { <pages::list::ListPage subject=subject /> }.into_any(),
            Page::Unknown(name) => view! {
                <h1>"No such page"</h1>
                <p>{format!("There is no page {name:?}. ")}<a href="#/">"Overview"</a></p>
            }
            .into_any(),
            _ => ().into_any(),
        }
    };
    let whose = open::note(&bundle.base, !listed.is_empty()).or_else(|| origin::note(&bundle.base));
    view! {
        <Bar bundle=Some(bundle) listed=listed />
        {whose}
        <main id="main" class="wrap" tabindex="-1">{shown}</main>
        {footer}
    }
}

fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        let _ = element.unchecked_into::<HtmlElement>().focus();
    }
}
