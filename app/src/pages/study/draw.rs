//! A study drawn from the bundle on show: the same one that `cellprism study new` draws with the same numbers.

use std::sync::Arc;

use cellprism_core::{
    bundle::path,
    ids::ConceptId,
    study::{
        Blinded, Chosen, Evidence, GeneName, GeneNames, Kind, LeftOut, Unfit, blind, drawn_concepts,
        drawn_neurons,
    },
};
use leptos::prelude::*;

use super::{Shown, given::Given};
use crate::{
    browser,
    bundle::{self, Bundle, Subject},
    client::FetchError,
};

/// Genes that an item shows, and the title: as `study new` has them unasked.
const GENES: usize = 20;
const TITLE: &str = "Blinded rating";
/// Most items of a kind.
const MOST: usize = 200;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
struct Asked {
    concepts: usize,
    neurons: usize,
    repeat: usize,
    seed: u64,
}

/// Where the drawing is.
#[derive(Clone, Debug)]
enum State {
    Idle,
    /// So many items are read.
    Drawing(usize, usize),
    Failed(String),
    Drawn,
}

#[derive(Clone, Copy)]
struct Fields {
    concepts: RwSignal<String>,
    neurons: RwSignal<String>,
    repeat: RwSignal<String>,
    seed: RwSignal<String>,
}

impl Fields {
    fn read(self) -> Result<Asked, String> {
        let number = |field: RwSignal<String>, name: &str, most: u64| {
            let typed = field.get_untracked();
            let number = typed.trim().parse::<u64>().ok().filter(|n| *n <= most);
            number.ok_or_else(|| format!("{name}: {typed:?} is not a whole number up to {most}"))
        };
        let asked = Asked {
            concepts: number(self.concepts, "Concepts", MOST as u64)? as usize,
            neurons: number(self.neurons, "Neurons", MOST as u64)? as usize,
            repeat: number(self.repeat, "Shown twice", MOST as u64)? as usize,
            seed: number(self.seed, "Seed", u64::MAX)?,
        };
        match asked.concepts + asked.neurons {
            0 => Err("Concepts and neurons are both 0: there is nothing to rate".into()),
            all if asked.repeat > all => {
                Err(format!("Shown twice: {} is more than the {all} items", asked.repeat))
            }
            _ => Ok(asked),
        }
    }
}

/// The form.
pub fn view(shown: Shown) -> AnyView {
    let bundle = bundle::current();
    let has_neurons = bundle.manifest.parameters.neurons;
    let start = |n: &str| RwSignal::new(n.to_owned());
    let fields = Fields {
        concepts: start("10"),
        neurons: start(if has_neurons { "10" } else { "0" }),
        repeat: start("2"),
        seed: start("1"),
    };
    let state = RwSignal::new(State::Idle);
    let of = bundle.clone();
    let draw = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let asked = match fields.read() {
            Ok(asked) => asked,
            Err(what) => return state.set(State::Failed(what)),
        };
        state.set(State::Drawing(0, asked.concepts + asked.neurons));
        let bundle = of.clone();
        leptos::task::spawn_local(async move {
            let done = match drawn(&bundle, asked, state).await {
                Ok((blinded, names)) => {
                    shown.given.try_set(Arc::new(Given::drawn(blinded, names)));
                    State::Drawn
                }
                Err(what) => State::Failed(what),
            };
            state.try_set(done);
        });
    };
    let field = |name: &'static str, value: RwSignal<String>, hint: &'static str| {
        view! {
            <label class="field"><span>{name}</span>
                <input class="num" inputmode="numeric" prop:value=move || value.get() on:input=move |e| value.set(event_target_value(&e)) />
                <span class="hint">{hint}</span></label>
        }
    };
    let without = (!has_neurons)
        .then_some("This bundle does not describe its neurons: there is nothing to hold concepts against. ");
    let said = move || match state.get() {
        State::Idle => String::new(),
        State::Drawing(done, all) => format!("Reading item {} of {all} …", (done + 1).min(all)),
        State::Failed(what) => what,
        State::Drawn => "Drawn. Rate below; save the key for whoever scores, and do not look at it.".into(),
    };
    let wrong = move || state.with(|state| matches!(state, State::Failed(_)));
    let busy = move || state.with(|state| matches!(state, State::Drawing(..)));
    let has_key = move || shown.given.with(|given| given.key.is_some());
    let save = move |_| {
        let given = shown.given.get_untracked();
        if let Some(Ok(json)) = given.key.as_ref().map(serde_json::to_string_pretty) {
            browser::download("key.json", "application/json", &format!("{json}\n"));
        }
    };
    view! {
        <section class="section" id="draw">
            <header>
                <h2>"A study of this bundle"</h2>
                <p>"Drawn here, item for item the one that "<span class="mono">"cellprism study new"</span>" writes with the same numbers. "{without}</p>
            </header>
            <form class="panel stack" aria-label="A study of this bundle" on:submit=draw>
                <div class="row source">
                    {field("Concepts", fields.concepts, "to rate")}
                    {field("Neurons", fields.neurons, "to rate")}
                    {field("Shown twice", fields.repeat, "to see whether a rater agrees with themself")}
                    {field("Seed", fields.seed, "the same one, the same study")}
                </div>
                <div class="row">
                    <button class="btn primary" type="submit" disabled=busy>"Draw the items"</button>
                    {move || has_key().then(|| view! { <button class="btn" type="button" on:click=save>"Save the key"</button> })}
                </div>
                <p class="small" class:warn=wrong role="status" data-testid="drawn-study">{said}</p>
            </form>
        </section>
    }
    .into_any()
}

fn words(error: FetchError) -> String {
    format!("{}: {}", error.file, error.what)
}

/// Concepts and neurons in the order of their draw, passed over where they show less than others.
async fn drawn(
    bundle: &Bundle,
    asked: Asked,
    state: RwSignal<State>,
) -> Result<(Blinded, GeneNames), String> {
    let (mut chosen, mut left_out) = (Vec::new(), LeftOut::default());
    let all = asked.concepts + asked.neurons;
    for (kind, count, left_out) in [
        (Kind::Concept, asked.concepts, &mut left_out.concepts),
        (Kind::Neuron, asked.neurons, &mut left_out.neurons),
    ] {
        let mut found = 0;
        for id in if count == 0 { Vec::new() } else { order(bundle, kind, asked.seed).await? } {
            match one(bundle, kind, id).await? {
                Some(one) => chosen.push(one),
                None => {
                    *left_out += 1;
                    continue;
                }
            }
            state.try_set(State::Drawing(chosen.len(), all));
            found += 1;
            if found == count {
                break;
            }
        }
        if found < count {
            return Err(format!(
                "Only {found} of the bundle’s {}s show {GENES} genes in as many cells as the others; ask for fewer than {count}",
                kind.name()
            ));
        }
    }
    let mut blinded = blind(TITLE, &chosen, asked.repeat, asked.seed);
    blinded.key.bundle = bundle.manifest.name.clone();
    blinded.key.tag = bundle.manifest.tag.clone();
    blinded.key.left_out = left_out;
    let names = names(bundle, &blinded).await?;
    Ok((blinded, names))
}

fn subject(kind: Kind) -> Subject {
    match kind {
        Kind::Concept => Subject::Concepts,
        Kind::Neuron => Subject::Neurons,
    }
}

async fn order(bundle: &Bundle, kind: Kind, seed: u64) -> Result<Vec<ConceptId>, String> {
    let listing = bundle.listing(subject(kind)).await.map_err(words)?;
    let (rows, cells) = (&listing.index.rows, bundle.manifest.parameters.attribution.prototypes);
    let alive = rows.iter().filter(|row| row.cells >= cells).map(|row| row.id).collect();
    Ok(match kind {
        Kind::Concept => drawn_concepts(alive, seed),
        Kind::Neuron => drawn_neurons(alive, rows.len() / 2, seed),
    })
}

/// What an item would show; nothing where that is less than others show.
async fn one(bundle: &Bundle, kind: Kind, id: ConceptId) -> Result<Option<Chosen>, String> {
    let attribution = &bundle.manifest.parameters.attribution;
    let (cells, pairs) = (attribution.prototypes as usize, attribution.counterfactuals as usize);
    let detail = bundle.readings(subject(kind), id).await.map_err(words)?;
    if detail.prototypes.len() < cells || detail.attribution.value().is_none() {
        return Ok(None);
    }
    let arrays = bundle.arrays_of(subject(kind), id).await.map_err(words)?;
    match Evidence::of(&arrays, &bundle.genes.symbols, cells, pairs, GENES) {
        Ok(evidence) => {
            let names = detail.prototypes.iter().take(cells).map(|one| one.name.clone()).collect();
            Ok(Some(Chosen { kind, id, cells: names, evidence }))
        }
        Err(Unfit::Damaged) => {
            Err(format!("{}: its arrays do not fit each other", path::arrays(subject(kind).folder(), id)))
        }
        Err(_) => Ok(None),
    }
}

/// Full names of all genes that are shown, where the bundle has them.
async fn names(bundle: &Bundle, blinded: &Blinded) -> Result<GeneNames, String> {
    let mut names = GeneNames::new();
    for gene in blinded.sheets.iter().flat_map(|sheet| &sheet.genes) {
        if names.contains_key(&gene.gene) {
            continue;
        }
        let Some(place) = bundle.genes.symbols.iter().position(|symbol| *symbol == gene.gene) else {
            continue;
        };
        let known = bundle.descriptions(place as u32).await.map_err(words)?;
        if let Some(found) = known.get(&gene.gene).filter(|found| !found.name.is_empty()) {
            names.insert(gene.gene.clone(), GeneName { name: found.name.clone(), ncbi: found.ncbi.clone() });
        }
    }
    Ok(names)
}
