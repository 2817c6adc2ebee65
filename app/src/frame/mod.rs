//! What is around every page, and which page is shown: bar, search, footer.
//!
//! | file | idea |
//! |---|---|
//! | `arrival` | focus and place of a page that is come to, or come back to |
//! | `bar` | bundles, pages, light and dark |
//! | `find` | one box for genes, labels, pathways and numbers |
//! | `footer` | the bundle and its sources |

mod arrival;
mod bar;
mod find;
mod footer;

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use bar::Bar;

use crate::{
    boot,
    bundle::{self, Bundle, Listed},
    client,
    components::{
        cell_map::provide_redraw,
        states::{Failed, Load},
    },
    origin,
    page::Page,
    pages,
    parts::{self, Part},
    route,
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
    let loaded = RwSignal::new(Load::<Arc<Bundle>>::Waiting);
    let listed = RwSignal::new(Vec::<Listed>::new());
    // Content of another origin waits for the reader.
    let asked = RwSignal::new(None::<(String, String)>);
    leptos::task::spawn_local(async move {
        let found = match bundle::locate().await {
            Ok((list, base)) => {
                listed.set(list);
                if let Some(origin) = origin::other_origin(&base).filter(|origin| !origin::is_known(origin)) {
                    asked.set(Some((origin, base)));
                    return;
                }
                bundle::load(base).await
            }
            Err(error) => Err(error),
        };
        loaded.set(match found {
            Ok(bundle) => Load::Ready(bundle),
            Err(error) => Load::Failed(error),
        });
    });
    find::listen_for_slash();
    let shown = move || {
        if let Some((origin, base)) = asked.get() {
            let go_on = move || {
                let base = base.clone();
                asked.set(None);
                leptos::task::spawn_local(async move {
                    loaded.set(match bundle::load(base).await {
                        Ok(bundle) => Load::Ready(bundle),
                        Err(error) => Load::Failed(error),
                    });
                });
            };
            return view! {
                <Bar bundle=None listed=vec![] />
                <main id="main" class="wrap" tabindex="-1">{origin::ask(&origin, go_on)}</main>
            }
            .into_any();
        }
        match loaded.get() {
            Load::Waiting => view! {
                <Bar bundle=None listed=vec![] />
                <main id="main" class="wrap" tabindex="-1">{boot::waiting("the bundle")}</main>
            }
            .into_any(),
            // A server of jobs that has made no bundle yet.
            Load::Failed(_) if client::has_jobs() => view! {
                <Bar bundle=None listed=vec![] />
                <main id="main" class="wrap" tabindex="-1">{parts::shown(Part::Work, Page::Jobs)}</main>
            }
            .into_any(),
            Load::Failed(error) => view! {
                <Bar bundle=None listed=vec![] />
                <main id="main" class="wrap" tabindex="-1">
                    <h1>"No bundle to show"</h1>
                    <Failed what="The bundle" error=error />
                    {others(&listed.get_untracked())}
                    <HowToOpen />
                </main>
            }
            .into_any(),
            Load::Ready(bundle) => view! { <Shown bundle=bundle listed=listed.get_untracked() /> }.into_any(),
        }
    };
    let skip = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        focus("main");
    };
    view! { <a class="skip" href="#main" on:click=skip>"Skip to content"</a>{shown} }
}

#[component]
fn HowToOpen() -> impl IntoView {
    view! {
        <p class="small muted">
            "A bundle is a folder that "<span class="mono">"cellprism run"</span>" writes. Open one with "
            <span class="mono">"?bundle=URL"</span>" in the address, or serve it with "
            <span class="mono">"cellprism serve --bundle DIR"</span>"."
        </p>
    }
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
    let whose = origin::note(&bundle.base);
    view! {
        <Bar bundle=Some(bundle) listed=listed />
        {whose}
        <main id="main" class="wrap" tabindex="-1">{shown}</main>
        {footer}
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

fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        let _ = element.unchecked_into::<HtmlElement>().focus();
    }
}
