//! Settings of a recomputation, and the request made of them.

use cellprism_app::task::recompute::{Reading, Request};
use cellprism_core::bundle::{Maybe, Side};
use leptos::prelude::*;

use super::Shown;
use crate::format::thousands;

/// Form fields, as text until they are read.
#[derive(Clone, Copy)]
pub struct Fields {
    prototypes: RwSignal<String>,
    counterfactuals: RwSignal<String>,
    permutations: RwSignal<String>,
    seed: RwSignal<String>,
    library: RwSignal<usize>,
}

impl Fields {
    /// As published.
    pub fn published(shown: &Shown) -> Self {
        let [prototypes, counterfactuals, permutations, seed] = published(shown).map(RwSignal::new);
        Self { prototypes, counterfactuals, permutations, seed, library: RwSignal::new(0) }
    }

    /// The fields, and what starts the computation.
    pub fn view(self, shown: &Shown) -> AnyView {
        let [prototypes, counterfactuals, permutations, seed] = published(shown);
        let (most, kept) = (most(shown), kept(shown));
        let options = shown.concept.detail.enrichment.iter().enumerate();
        let options = options
            .map(|(i, e)| view! { <option value=i.to_string()>{e.library.replace('_', " ")}</option> })
            .collect_view();
        let choose = move |e| self.library.set(event_target_value(&e).parse().unwrap_or(0));
        let again = published(shown);
        let reset = move |_| {
            let fields = [self.prototypes, self.counterfactuals, self.permutations, self.seed];
            fields.into_iter().zip(&again).for_each(|(field, value)| field.set(value.clone()));
        };
        let own = "Counterfactuals per prototype";
        view! {
            {field("Prototypes", self.prototypes, prototypes, format!("1 to {most}"))}
            {field(own, self.counterfactuals, counterfactuals, format!("1 to {kept}"))}
            <label class="field"><span>"Gene sets, as in the paper"</span><select on:change=choose>{options}</select></label>
            {field("Permutations", self.permutations, permutations, "100 to 10,000".into())}
            {field("Seed", self.seed, seed, "any whole number".into())}
            <div class="row">
                <button class="btn primary" type="submit" data-testid="recompute">"Recompute"</button>
                <button class="btn quiet" type="button" on:click=reset>"Published settings"</button>
            </div>
        }
        .into_any()
    }

    /// Reads the form.
    pub fn request(self, shown: &Shown) -> Result<Request, String> {
        let number = |text: RwSignal<String>, name: &str, low: u64, high: u64| {
            let typed = text.get_untracked().replace([',', ' '], "");
            typed.parse::<u64>().ok().filter(|n| (low..=high).contains(n)).ok_or_else(|| {
                let (low, high) = (thousands(low), thousands(high));
                format!("{name}: {typed:?} is not a whole number from {low} to {high}")
            })
        };
        let prototypes = number(self.prototypes, "Prototypes", 1, most(shown) as u64)?;
        let counterfactuals = number(self.counterfactuals, "Counterfactuals", 1, kept(shown) as u64)?;
        let mut enrichment = shown.bundle.manifest.parameters.enrichment.clone();
        enrichment.permutations = number(self.permutations, "Permutations", 100, 10_000)? as u32;
        enrichment.seed = number(self.seed, "Seed", 0, u64::MAX)?;
        let library = shown.concept.detail.enrichment.get(self.library.get_untracked());
        // Where no chance rate is published, none is computed here.
        let no_null = library.and_then(|l| match &l.null {
            Maybe::Missing { not_available } => Some(not_available.clone()),
            Maybe::Value(_) => None,
        });
        Ok(Request {
            subject: shown.listing.subject,
            concept: shown.row.id,
            prototypes: prototypes as usize,
            counterfactuals: counterfactuals as usize,
            enrichment,
            library: library.map(|l| l.library.clone()).unwrap_or_default(),
            symbols: shown.bundle.genes.symbols.clone(),
            detection: shown.bundle.genes.detection.clone(),
            no_null,
            reading: reading(shown),
        })
    }
}

/// Prototypes, counterfactuals, permutations and seed of the bundle.
fn published(shown: &Shown) -> [String; 4] {
    let p = &shown.bundle.manifest.parameters;
    [
        p.attribution.prototypes.to_string(),
        p.attribution.counterfactuals.to_string(),
        p.enrichment.permutations.to_string(),
        p.enrichment.seed.to_string(),
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

/// How the published readings beyond the paper were made.
fn reading(shown: &Shown) -> Option<Reading> {
    let parameters = shown.bundle.manifest.parameters.reading.clone()?;
    let found = shown.reading()?;
    let least = shown.bundle.manifest.parameters.specificity.min_cells;
    let able = shown.listing.index.rows.iter().filter(|row| row.cells >= least).count();
    // A concept with too few cells was tested on no side.
    let no_label = (shown.row.cells < least).then(|| match &found.side(Side::Presence).enrichment {
        Some(Maybe::Missing { not_available }) => not_available.clone(),
        _ => String::new(),
    });
    let libraries = shown.concept.detail.enrichment.iter().map(|e| e.library.clone()).collect();
    Some(Reading { parameters, libraries, tests: 2 * able as u32, no_label })
}
