//! One box for concepts, genes, labels and pathways, with suggestions by kind.

use leptos::{ev, html::Input, prelude::*};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::KeyboardEvent;

use super::focus;
use crate::{
    browser, bundle,
    format::thousands,
    route::{self, Route},
    search::{Found, Hit, Words, exact, find},
};

/// Suggestions of each kind.
const EACH: usize = 4;

/// The page with everything that a query finds.
pub fn all_of(query: &str) -> String {
    let mut to = Route { path: vec!["search".into()], ..Route::default() };
    to.query.insert("q".into(), query.trim().to_owned());
    to.to_hash()
}

/// The box. Arrows move along the suggestions, Enter follows; without one chosen it leads to the one thing that is named, else
/// to everything that was found.
#[component]
pub fn Find() -> impl IntoView {
    let bundle = bundle::current();
    let words = expect_context::<Words>();
    let place = NodeRef::<Input>::new();
    let (text, open, at) = (RwSignal::new(String::new()), RwSignal::new(false), RwSignal::new(None::<usize>));
    let found = Memo::new(move |_| find(words, &text.get(), EACH));
    let links = move || {
        found.with(|found| {
            found.iter().flat_map(|f| f.hits.iter().map(|h| h.link.clone())).collect::<Vec<_>>()
        })
    };
    let shut = move || {
        open.set(false);
        at.set(None);
    };
    let follow = move |link: &str| {
        shut();
        if let Some(input) = place.get_untracked() {
            let _ = input.blur();
        }
        route::go(link);
    };
    let typed = move |event| {
        words.fetch(&bundle);
        text.set(event_target_value(&event));
        at.set(None);
        open.set(true);
    };
    let pressed = move |event: KeyboardEvent| {
        let query = text.get_untracked();
        let n = found.with_untracked(|found| found.iter().map(|f| f.hits.len()).sum::<usize>());
        let step = |by: i64| {
            open.set(true);
            at.update(|at| {
                // One place more than there are suggestions: the box itself.
                let now = at.map_or(n as i64, |at| at as i64);
                let next = (now + by).rem_euclid(n as i64 + 1) as usize;
                *at = (next < n).then_some(next);
            });
        };
        match event.key().as_str() {
            "ArrowDown" => step(1),
            "ArrowUp" => step(-1),
            "Escape" if open.get_untracked() => shut(),
            "Enter" if !query.trim().is_empty() => {
                match at.get_untracked().and_then(|at| links().get(at).cloned()) {
                    Some(link) => follow(&link),
                    None => follow(&exact(words, &query).unwrap_or_else(|| all_of(&query))),
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let active = move || at.get().map(|at| format!("find-{at}"));
    let shown = move || open.get() && !text.with(|text| text.trim().is_empty());
    view! {
        <div class="find" role="search">
            <label class="vh" for="find">"Find a concept, gene, label or pathway"</label>
            <input id="find" type="search" placeholder="Gene, cell, pathway, id" autocomplete="off" spellcheck="false"
                role="combobox" aria-autocomplete="list" aria-haspopup="listbox" aria-controls="find-list"
                aria-expanded=move || shown().to_string() aria-activedescendant=active
                node_ref=place on:input=typed on:keydown=pressed
                on:focus=move |_| open.set(true) on:blur=move |_| shut() />
            <kbd aria-hidden="true">"/"</kbd>
            <div id="find-list" class="pop findlist" role="listbox" aria-label="Suggestions" hidden=move || !shown()
                on:mousedown=|event: ev::MouseEvent| event.prevent_default()>
                {move || suggestions(&found.get(), at, follow)}
                {move || shown().then(|| every(&text.get(), &found.get(), words, follow))}
            </div>
        </div>
    }
}

fn suggestions(
    found: &[Found],
    at: RwSignal<Option<usize>>,
    follow: impl Fn(&str) + Copy + 'static,
) -> AnyView {
    let mut place = 0;
    let option = |place: usize, hit: &Hit| {
        let link = hit.link.clone();
        view! {
            <div role="option" id=format!("find-{place}") class="opt" aria-selected=move || (at.get() == Some(place)).to_string()
                on:click=move |_| follow(&link) on:mousemove=move |_| at.set(Some(place))>
                <span class="t">{hit.text.clone()}</span><span class="micro faint">{hit.note.clone()}</span>
            </div>
        }
    };
    found
        .iter()
        .map(|found| {
            let title = found.kind.title();
            let more = found.total - found.hits.len();
            let more = if more > 0 { format!(", {} more", thousands(more as u64)) } else { String::new() };
            let first = place;
            place += found.hits.len();
            let hits = found.hits.iter().enumerate().map(|(i, hit)| option(first + i, hit)).collect_view();
            view! {
                <div role="group" aria-label=title>
                    <p class="micro faint kind" aria-hidden="true">{title}{more}</p>{hits}
                </div>
            }
        })
        .collect_view()
        .into_any()
}

/// The last line: everything that fits, or that nothing does.
fn every(query: &str, found: &[Found], words: Words, follow: impl Fn(&str) + Copy + 'static) -> AnyView {
    let total: usize = found.iter().map(|found| found.total).sum();
    let waiting = matches!(words.state.get(), crate::search::State::Waiting);
    let said = match (total, waiting) {
        (0, true) => "Looking at aliases and gene sets …".to_owned(),
        (0, false) => format!("Nothing here is called “{}”", query.trim()),
        (n, _) => format!("Enter: all {} for “{}”", thousands(n as u64), query.trim()),
    };
    let link = all_of(query);
    view! { <div role="option" class="opt every" aria-selected="false" on:click=move |_| follow(&link)>{said}</div> }.into_any()
}

/// `/` goes to the box from anywhere but a field.
pub fn listen_for_slash() {
    let pressed = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
        if event.key() == "/" && !browser::in_field() && !event.ctrl_key() && !event.meta_key() {
            event.prevent_default();
            focus("find");
        }
    });
    let _ = document().add_event_listener_with_callback("keydown", pressed.as_ref().unchecked_ref());
    pressed.forget();
}
