//! Which genes are swapped, in which order; they stand in the address.

use cellprism_core::bundle::{Maybe, Side};
use leptos::prelude::*;

use super::Shown;
use crate::route::{self, Route};

/// The address's name for them.
const KEY: &str = "swapped";
/// Genes offered of what the cells have.
const HAVE: usize = 12;
/// … of what they lack.
const LACK: usize = 8;
/// Most genes that are swapped: more are no longer read.
const MOST: usize = 50;

/// The genes that are swapped.
#[derive(Clone, Copy)]
pub struct Choice {
    /// Places in the model's list, in the order in which they are swapped.
    pub chosen: Memo<Vec<u32>>,
    route: RwSignal<Route>,
}

impl Choice {
    /// As the address says; what is no gene of the model is left out.
    pub fn of(shown: &Shown) -> Self {
        let (route, genes) = (route::current(), shown.bundle.clone());
        let chosen = Memo::new(move |_| {
            let mut found: Vec<u32> = Vec::new();
            let named = route.with(|route| route.get(KEY).to_owned());
            for symbol in named.split(',').take(MOST) {
                let place = genes.genes.symbols.iter().position(|own| own == symbol);
                if let Some(place) = place.map(|place| place as u32).filter(|place| !found.contains(place)) {
                    found.push(place);
                }
            }
            found
        });
        Self { chosen, route }
    }

    fn set(self, shown: &Shown, genes: &[u32]) {
        let symbols = &shown.bundle.genes.symbols;
        let names: Vec<&str> =
            genes.iter().filter_map(|&gene| symbols.get(gene as usize)).map(String::as_str).collect();
        route::set(self.route, KEY, &names.join(","));
    }

    /// Swaps a gene, or puts it back.
    fn turn(self, shown: &Shown, gene: u32) {
        let mut genes = self.chosen.get_untracked();
        match genes.iter().position(|&own| own == gene) {
            Some(place) => {
                genes.remove(place);
            }
            None => genes.push(gene),
        }
        self.set(shown, &genes);
    }

    /// The genes to click, any other by its name, and the way back.
    pub fn view(self, shown: &Shown) -> AnyView {
        let offered = offered(shown);
        let group = |name: &'static str, genes: &[u32]| {
            if genes.is_empty() {
                return ().into_any();
            }
            let chips = genes.iter().map(|&gene| self.chip(shown, gene)).collect_view();
            view! { <div class="row" role="group" aria-label=name><span class="small muted">{name}</span>{chips}</div> }
                .into_any()
        };
        let known: Vec<u32> = offered.iter().flatten().copied().collect();
        let of = shown.clone();
        // Genes that were named stand with those that were offered.
        let named = move || {
            let others = self.chosen.get().into_iter().filter(|gene| !known.contains(gene));
            let chips = others.map(|gene| self.chip(&of, gene)).collect_view();
            (!chips.is_empty()).then(|| view! { <div class="row" role="group" aria-label="Others"><span class="small muted">"Others"</span>{chips}</div> })
        };
        let none = move || self.chosen.with(Vec::is_empty);
        let (back, first) = (shown.clone(), shown.clone());
        let five: Vec<u32> = offered[0].iter().take(5).copied().collect();
        let [have, lack] = offered;
        view! {
            <div class="stack chips">
                {group("What its cells have", &have)}
                {group("What they lack", &lack)}
                {named}
                <div class="row">
                    {self.by_name(shown)}
                    <button class="btn" type="button" on:click=move |_| self.set(&first, &five)>"The first five"</button>
                    <button class="btn quiet" type="button" disabled=none on:click=move |_| self.set(&back, &[])>"Put all back"</button>
                </div>
            </div>
        }
        .into_any()
    }

    fn chip(self, shown: &Shown, gene: u32) -> AnyView {
        let place = Memo::new(move |_| self.chosen.with(|chosen| chosen.iter().position(|&own| own == gene)));
        let pressed = move || place.get().is_some().to_string();
        let number = move || place.get().map(|place| view! { <span class="micro">{place + 1}" "</span> });
        let symbol = shown.bundle.genes.symbols.get(gene as usize).cloned().unwrap_or_default();
        let shown = shown.clone();
        view! {
            <button class="chip gene" type="button" aria-pressed=pressed on:click=move |_| self.turn(&shown, gene)>{number}{symbol}</button>
        }
        .into_any()
    }

    fn by_name(self, shown: &Shown) -> AnyView {
        let (typed, wrong) = (RwSignal::new(String::new()), RwSignal::new(None::<String>));
        let shown = shown.clone();
        let add = move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            let text = typed.get_untracked().trim().to_owned();
            let symbols = &shown.bundle.genes.symbols;
            match symbols.iter().position(|own| own.eq_ignore_ascii_case(&text)) {
                None => wrong.set(Some(format!(
                    "{text} is not among this model’s {} genes",
                    crate::format::thousands(symbols.len() as u64)
                ))),
                Some(place) => {
                    wrong.set(None);
                    typed.set(String::new());
                    if !self.chosen.with_untracked(|chosen| chosen.contains(&(place as u32))) {
                        self.turn(&shown, place as u32);
                    }
                }
            }
        };
        view! {
            <form class="row bygene" on:submit=add>
                <input class="input" type="text" aria-label="Another gene" placeholder="Another gene" autocomplete="off" spellcheck="false"
                    prop:value=move || typed.get() on:input=move |e| typed.set(event_target_value(&e)) />
                <button class="btn" type="submit">"Swap"</button>
            </form>
            {move || wrong.get().map(|what| view! { <span class="small" role="alert">{what}</span> })}
        }
        .into_any()
    }
}

/// The first genes of both sides; without those readings, the first of the paper's.
fn offered(shown: &Shown) -> [Vec<u32>; 2] {
    match shown.reading() {
        Some(reading) => {
            let first = |side: Side, n: usize| {
                reading.side(side).genes.iter().take(n).map(|gene| gene.gene.0).collect()
            };
            [first(Side::Presence, HAVE), first(Side::Absence, LACK)]
        }
        None => match &shown.concept.detail.attribution {
            Maybe::Value(found) => {
                [found.genes.iter().take(HAVE).map(|gene| gene.gene.0).collect(), Vec::new()]
            }
            Maybe::Missing { .. } => [Vec::new(), Vec::new()],
        },
    }
}
