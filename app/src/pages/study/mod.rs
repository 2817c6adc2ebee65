//! A blinded study in the page: rate its items by keyboard alone, save the answers, and score them with the key.
//!
//! | file | part |
//! |---|---|
//! | `given` | files of a study, whichever way they are dropped |
//! | `draw` | a study of the bundle on show |
//! | `record` | answers kept in this browser, those of the form that stands alone included |
//! | `choose` | files, and who rates |
//! | `item` | what an item shows |
//! | `form` | its questions, and the keys |
//! | `score` | what answers say, once the key is there |

mod choose;
mod draw;
mod form;
mod given;
mod item;
mod record;
mod score;

use std::sync::Arc;

use leptos::prelude::*;

use crate::route::{self, Route};
use given::Given;
use record::Record;

/// The study on show.
#[derive(Clone, Copy)]
struct Shown {
    /// The address, which names the item.
    route: RwSignal<Route>,
    /// Files that are there.
    given: RwSignal<Arc<Given>>,
    /// Who rates, and what was answered.
    record: RwSignal<Record>,
    /// Why a file was not taken.
    problem: RwSignal<Option<String>>,
}

/// The page. Which item is shown stands in the address.
#[component]
pub fn Study() -> impl IntoView {
    let route = route::current();
    let shown = Shown {
        route,
        given: RwSignal::new(given::kept()),
        record: RwSignal::new(Record::default()),
        problem: RwSignal::new(None),
    };
    Effect::new(move || given::keep(&shown.given.get()));
    let at = Memo::new(move |_| {
        let asked = route.with(|r| r.get("item").to_owned());
        let rated = shown.record.with(|record| !record.rater.is_empty());
        shown.given.with(|given| given.place_of(&asked)).filter(|_| rated)
    });
    form::listen(shown, at);
    move || {
        match at.get() {
        Some(place) => view! { <One shown=shown place=place /> }.into_any(),
        None => view! {
            <h1>"Study"</h1>
            <p class="lead">"Are concepts easier to read than single neurons? Raters who do not know which is which say what the genes of each item suggest to them. Files stay on this computer; nothing is sent."</p>
            {draw::view(shown)}
            {choose::view(shown)}
            {move || score::view(&shown.given.get(), &shown.record.get())}
        }
        .into_any(),
    }
    }
}

/// An item with its questions.
#[component]
fn One(shown: Shown, place: usize) -> impl IntoView {
    let given = shown.given.get_untracked();
    let n = given.items().len();
    let saved = move || shown.record.with(|record| record.saved(&shown.given.get()));
    let ticks = move || {
        let given = shown.given.get();
        let tick = |(i, item): (usize, &String)| {
            let done = shown.record.with(|record| record.of(item).is_some_and(|entry| entry.saved.is_some()));
            view! { <i class:done=done class:now=i == place></i> }
        };
        given.items().iter().enumerate().map(tick).collect_view()
    };
    let step = move |to: usize| move |_| form::go(shown, Some(to));
    view! {
        <div class="shead">
            <div><p class="eyebrow">"Blinded rating"</p><h1 tabindex="-1" id="item-title">{format!("Item {} of {n}", place + 1)}</h1></div>
            <div class="sprog">
                <div class="ticks" role="progressbar" aria-label="Items saved" aria-valuemin="0" aria-valuemax=n aria-valuenow=move || saved().to_string()>{ticks}</div>
                <div class="small muted row between">
                    <span>{move || format!("{} saved, {} to go", saved(), n - saved())}</span>
                    <span class="row">
                        <button class="btn quiet" disabled={place == 0} on:click=step(place.saturating_sub(1))>"Previous"</button>
                        <button class="btn quiet" disabled={place + 1 >= n} on:click=step(place + 1)>"Next"</button>
                        <button class="btn quiet" on:click=move |_| form::go(shown, None)>"Overview"</button>
                    </span>
                </div>
            </div>
        </div>
        <p class="notice blind"><span><b>"Blinded. "</b>"Cells, labels and pathways are hidden on purpose; the key is kept apart."</span></p>
        <div class="grid studygrid">{item::view(&given, place)}{form::view(shown, place)}</div>
    }
}
