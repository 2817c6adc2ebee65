//! Settings of a recomputation, and the request made of them. What differs from the published ones stands in the address.

use std::sync::Arc;

use cellprism_app::task::{
    Files,
    recompute::{OWN_SETS, Reading, Request},
};
use cellprism_core::bundle::{Maybe, Side};
use leptos::prelude::*;
use web_sys::HtmlInputElement;

use super::Shown;
use crate::{
    browser,
    bundle::Subject,
    format::{bytes, thousands},
    route::{self, Route},
};

/// Numbers of counterfactuals that are one click away, as in the paper.
const STRIP: [usize; 4] = [1, 3, 5, 10];
/// Largest file of gene sets.
const LARGEST_SETS: f64 = 64e6;
/// The address's names of the numbers.
const KEYS: [&str; 5] = ["np", "nc", "perm", "seed", "k"];

/// Gene sets of the reader's.
#[derive(Clone)]
struct Own {
    name: String,
    bytes: Arc<Vec<u8>>,
}

/// Form fields, as text until they are read.
#[derive(Clone, Copy)]
pub struct Fields {
    /// Prototypes, counterfactuals, permutations, seed, top-k.
    numbers: [RwSignal<String>; 5],
    /// A published library by its place; nothing for sets of the reader's.
    library: RwSignal<Option<usize>>,
    own: RwSignal<Option<Own>>,
    wrong: RwSignal<Option<String>>,
    route: RwSignal<Route>,
}

impl Fields {
    /// As the address says, else as published.
    pub fn of(shown: &Shown) -> Self {
        let route = route::current();
        let published = published(shown);
        let numbers = std::array::from_fn(|i| {
            let asked = route.with_untracked(|route| route.get(KEYS[i]).to_owned());
            RwSignal::new(if asked.is_empty() { published[i].clone() } else { asked })
        });
        Self {
            numbers,
            library: RwSignal::new(Some(0)),
            own: RwSignal::new(None),
            wrong: RwSignal::new(None),
            route,
        }
    }

    /// The fields; `start` is called where a click is enough.
    pub fn view(self, shown: &Shown, start: Callback<()>) -> AnyView {
        let published = published(shown);
        let (most, kept) = (most(shown), kept(shown));
        let again = published.clone();
        let reset = move |_| {
            self.numbers.iter().zip(&again).for_each(|(field, value)| field.set(value.clone()));
            self.library.set(Some(0));
            self.own.set(None);
            self.write_address(&again);
        };
        let [prototypes, counterfactuals, permutations, seed, k] = published;
        let [np, nc, perm, own_seed, own_k] = self.numbers;
        let concepts = shown.bundle.manifest.counts.concepts;
        let top_k = (shown.listing.subject == Subject::Concepts)
            .then(|| field("Concepts a cell (top-k)", own_k, k, format!("1 to {}", thousands(concepts))));
        view! {
            {field("Prototypes", np, prototypes, format!("1 to {most}"))}
            <div class="field">
                {field("Counterfactuals per prototype", nc, counterfactuals, format!("1 to {kept}"))}
                {strip(nc, kept, start)}
            </div>
            {top_k}
            {self.sets(shown)}
            {field("Permutations", perm, permutations, "100 to 10,000".into())}
            {field("Seed", own_seed, seed, "any whole number".into())}
            <div class="row">
                <button class="btn primary" type="submit" data-testid="recompute">"Recompute"</button>
                <button class="btn quiet" type="button" on:click=reset>"Published settings"</button>
            </div>
            {move || self.wrong.get().map(|what| view! { <p class="notice bad row" role="alert">{what}</p> })}
        }
        .into_any()
    }

    /// The choice of gene sets, with a file of the reader's among them.
    fn sets(self, shown: &Shown) -> AnyView {
        let options = shown.concept.detail.enrichment.iter().enumerate();
        let options = options
            .map(|(i, e)| {
                let selected = move || self.library.get() == Some(i);
                view! { <option value=i.to_string() prop:selected=selected>{e.library.replace('_', " ")}</option> }
            })
            .collect_view();
        let choose = move |e| self.library.set(event_target_value(&e).parse().ok());
        let read = move |event: leptos::ev::Event| {
            let input: HtmlInputElement = event_target(&event);
            let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
            self.own.set(None);
            leptos::task::spawn_local(async move {
                let name = file.name();
                let content = if file.size() > LARGEST_SETS {
                    Err(format!("it is larger than {}", bytes(LARGEST_SETS)))
                } else {
                    browser::content(&file).await
                };
                match content {
                    Ok(bytes) => {
                        self.own.try_set(Some(Own { name, bytes: Arc::new(bytes) }));
                        self.wrong.try_set(None);
                    }
                    Err(what) => {
                        self.wrong.try_set(Some(format!("{name}: {what}")));
                    }
                }
            });
        };
        // The same file may be chosen again, after a change.
        let forget = |event: leptos::ev::MouseEvent| event_target::<HtmlInputElement>(&event).set_value("");
        let own = move || {
            self.library.get().is_none().then(|| {
                view! {
                    <input type="file" accept=".gmt,.txt" aria-label="Your gene sets (GMT)" data-testid="own-sets-file" on:change=read on:click=forget />
                    <span class="hint" data-testid="own-sets-read">{move || self.own.get().map(|own| format!("{}, ", own.name))}"read here; nothing leaves this page"</span>
                }
            })
        };
        view! {
            <div class="field">
                <label class="field"><span>"Gene sets, as in the paper"</span>
                    <select data-testid="recompute-sets" on:change=choose>
                        {options}<option value="own" prop:selected=move || self.library.get().is_none()>"A GMT file of your own"</option>
                    </select></label>
                {own}
            </div>
        }
        .into_any()
    }

    /// Reads the form; with the files that go beside the bundle's.
    pub fn request(self, shown: &Shown) -> Result<(Request, Files), String> {
        let number = |i: usize, name: &str, low: u64, high: u64| {
            let text = self.numbers[i].get_untracked();
            let typed = text.replace([',', ' '], "");
            typed.parse::<u64>().ok().filter(|n| (low..=high).contains(n)).ok_or_else(|| {
                let (low, high) = (thousands(low), thousands(high));
                format!("{name}: {typed:?} is not a whole number from {low} to {high}")
            })
        };
        let prototypes = number(0, "Prototypes", 1, most(shown) as u64)?;
        let counterfactuals = number(1, "Counterfactuals", 1, kept(shown) as u64)?;
        let mut enrichment = shown.bundle.manifest.parameters.enrichment.clone();
        enrichment.permutations = number(2, "Permutations", 100, 10_000)? as u32;
        enrichment.seed = number(3, "Seed", 0, u64::MAX)?;
        let k = match shown.listing.subject {
            Subject::Concepts => Some(number(4, "Top-k", 1, shown.bundle.manifest.counts.concepts.into())?),
            Subject::Neurons => None,
        };
        let k = k.filter(|&k| k != u64::from(shown.bundle.manifest.parameters.sae.active));
        let mut files = Files::default();
        let library = self.library.get_untracked();
        let known = library.and_then(|place| shown.concept.detail.enrichment.get(place));
        let own = match library {
            Some(_) => None,
            None => Some(self.own.get_untracked().ok_or("choose the GMT file with your gene sets first")?),
        };
        if let Some(own) = &own {
            files.insert(OWN_SETS, own.bytes.to_vec());
        }
        // Where no chance rate is published, none is computed here.
        let no_null = known.and_then(|l| match &l.null {
            Maybe::Missing { not_available } => Some(not_available.clone()),
            Maybe::Value(_) => None,
        });
        let own = own.map(|own| own.name);
        self.write_address(&published(shown));
        let request = Request {
            subject: shown.listing.subject,
            concept: shown.row.id,
            prototypes: prototypes as usize,
            counterfactuals: counterfactuals as usize,
            k: k.map(|k| k as usize),
            enrichment,
            library: own.clone().or_else(|| known.map(|l| l.library.clone())).unwrap_or_default(),
            own_sets: own.is_some(),
            symbols: shown.bundle.genes.symbols.clone(),
            detection: shown.bundle.genes.detection.clone(),
            no_null,
            reading: reading(shown, own),
        };
        Ok((request, files))
    }

    /// Puts what differs from the published numbers into the address.
    fn write_address(self, published: &[String; 5]) {
        for (i, key) in KEYS.into_iter().enumerate() {
            let typed = self.numbers[i].get_untracked();
            route::set(self.route, key, if typed == published[i] { "" } else { &typed });
        }
    }
}

/// Prototypes, counterfactuals, permutations, seed and top-k of the bundle.
fn published(shown: &Shown) -> [String; 5] {
    let p = &shown.bundle.manifest.parameters;
    [
        p.attribution.prototypes.to_string(),
        p.attribution.counterfactuals.to_string(),
        p.enrichment.permutations.to_string(),
        p.enrichment.seed.to_string(),
        p.sae.active.to_string(),
    ]
}

/// Prototypes that the bundle has counts of.
fn most(shown: &Shown) -> usize {
    shown.concept.detail.prototypes.len()
}

/// Counterfactuals that it has counts of.
fn kept(shown: &Shown) -> usize {
    shown.concept.detail.prototypes.iter().map(|p| p.counterfactuals.len()).max().unwrap_or(0)
}

/// The usual numbers of counterfactuals, each recomputed by one click.
fn strip(value: RwSignal<String>, kept: usize, start: Callback<()>) -> AnyView {
    let one = |n: usize| {
        let pressed = move || value.with(|value| *value == n.to_string()).to_string();
        let why =
            (n > kept).then(|| format!("the bundle holds counts of {kept} counterfactuals a prototype"));
        let press = move |_| {
            value.set(n.to_string());
            start.run(());
        };
        view! { <button type="button" aria-pressed=pressed disabled=why.is_some() title=why on:click=press>{n}</button> }
    };
    view! { <div class="seg" role="group" aria-label="Recompute with so many counterfactuals">{STRIP.map(one).collect_view()}</div> }
        .into_any()
}

fn field(title: &'static str, value: RwSignal<String>, published: String, hint: String) -> AnyView {
    let changed = move || value.with(|value| *value != published);
    let typed = move |e| value.set(event_target_value(&e));
    view! {
        <label class="field">
            <span>{title}</span>
            <input class="num" inputmode="numeric" class:changed=changed prop:value=move || value.get() on:input=typed />
            <span class="hint">{hint}</span>
        </label>
    }
    .into_any()
}

/// How the published readings beyond the paper were made; with sets of the reader's, these alone are asked for labels.
fn reading(shown: &Shown, own: Option<String>) -> Option<Reading> {
    let parameters = shown.bundle.manifest.parameters.reading.clone()?;
    let found = shown.reading()?;
    let least = shown.bundle.manifest.parameters.specificity.min_cells;
    let able = shown.listing.index.rows.iter().filter(|row| row.cells >= least).count();
    // A concept with too few cells was tested on no side.
    let no_label = (shown.row.cells < least).then(|| match &found.side(Side::Presence).enrichment {
        Some(Maybe::Missing { not_available }) => not_available.clone(),
        _ => String::new(),
    });
    let published = shown.concept.detail.enrichment.iter().map(|e| e.library.clone()).collect();
    let libraries = own.map_or(published, |own| vec![own]);
    Some(Reading { parameters, libraries, tests: 2 * able as u32, no_label })
}
