//! One concept or neuron: its four readings, and what supports them.
//!
//! | file | part |
//! |---|---|
//! | `head` | title, verdict |
//! | `answers` | the four answers |
//! | `contents` | links to the parts, keys |
//! | `genes` | B: what its cells have and lack |
//! | `screened` | which scores are estimates |
//! | `pathways` | C: pathways of both sides |
//! | `cells` | A: which cells activate it |
//! | `label` | D: the reader's own name for it |
//! | `paper` | everything as in the paper |
//! | `pairs` | a prototype and its counterfactual |
//! | `faithful` | deletion and insertion, differential expression |
//! | `recompute` | the same numbers, computed in the page |
//! | `swap` | genes swapped by clicking them |
//! | `steer` | the concept set to another value |
//! | `related`, `provenance` | concepts like it; where the numbers come from |

mod answers;
mod cells;
mod contents;
mod faithful;
mod genes;
mod head;
mod label;
mod pairs;
pub mod paper;
mod pathways;
mod provenance;
mod recompute;
mod related;
mod screened;
mod steer;
mod swap;

use std::sync::Arc;

use cellprism_core::bundle::{
    ConceptRow, Maybe, NEURON_SAMPLES, NEURON_SAMPLES_SINCE, Reading, Side, neuron_samples_kept,
};
use futures::future::try_join;
use leptos::prelude::*;

use crate::{
    bundle::{self, Bundle, Concept, Listing, Subject},
    client::FetchError,
    components::{
        gene_card::Descriptions,
        slices::{self, Slice},
        states::{Failed, Load, Loading},
    },
    notes,
};

/// What every part of the page needs.
#[derive(Clone)]
pub struct Shown {
    bundle: Arc<Bundle>,
    listing: Arc<Listing>,
    row: Arc<ConceptRow>,
    concept: Arc<Concept>,
    descriptions: Descriptions,
}

impl Shown {
    fn id(&self) -> u32 {
        self.row.id.0
    }

    /// "C153".
    fn name(&self) -> String {
        self.listing.name(self.id())
    }

    /// Which one it is among the reader's labels.
    fn key(&self) -> notes::Key {
        (self.listing.subject, self.id())
    }

    /// "concept", "neuron".
    fn one(&self) -> &'static str {
        self.listing.subject.one()
    }

    /// Why the counts of its cells are not in the bundle, where they are not.
    fn no_counts(&self) -> Option<String> {
        let (subject, dimensions) = (self.listing.subject, self.bundle.manifest.counts.embedding);
        if subject == Subject::Concepts {
            None
        } else if !neuron_samples_kept(dimensions as usize) {
            Some(format!(
                "counts of neurons’ cells are kept for embeddings of up to {NEURON_SAMPLES} dimensions, this one has {dimensions}"
            ))
        } else if self.bundle.manifest.version < NEURON_SAMPLES_SINCE {
            Some("the release that made this bundle kept the counts of concepts’ cells only; made again, it has them".into())
        } else {
            None
        }
    }

    /// A file name for a download.
    fn file(&self, what: &str) -> String {
        let name = self.name().replace('−', "-");
        format!("{}-{name}-{what}", self.bundle.manifest.name)
    }

    /// The same with every number and cell complete, and whole rows of the list: fetched where the page began with less.
    async fn exact(&self) -> Result<Self, FetchError> {
        if self.concept.exact {
            return Ok(self.clone());
        }
        let subject = self.listing.subject;
        let (concept, listing) =
            try_join(self.bundle.exact_concept(subject, self.row.id), self.bundle.listing(subject)).await?;
        Ok(Self { concept, listing, ..self.clone() })
    }

    /// Does something with complete numbers, for instance a download; says why it cannot.
    fn with_exact(&self, then: impl FnOnce(&Self) + 'static) {
        if self.concept.exact {
            then(self);
            return;
        }
        let shown = self.clone();
        leptos::task::spawn_local(async move {
            match shown.exact().await {
                Ok(exact) => then(&exact),
                Err(error) => {
                    let _ = window().alert_with_message(&format!("{}: {}", error.file, error.what));
                }
            }
        });
    }

    /// What the bundle says beyond the paper.
    fn reading(&self) -> Option<&Reading> {
        self.concept.detail.reading.value()
    }
}

/// The page. `id` is what stands in the address.
#[component]
pub fn ConceptPage(subject: Subject, id: String) -> impl IntoView {
    let bundle = bundle::current();
    let listing = RwSignal::new(Load::<Arc<Listing>>::Waiting);
    // Short rows are enough: what a page says of the concept itself is in its own files.
    if subject == Subject::Concepts {
        listing.set(Load::Ready(bundle.concepts.clone()));
    } else {
        let fetched = bundle.clone();
        leptos::task::spawn_local(async move {
            listing.try_set(match fetched.short_neurons().await {
                Ok(found) => Load::Ready(found),
                Err(error) => Load::Failed(error),
            });
        });
    }
    move || match listing.get() {
        Load::Waiting => {
            view! { <h1>{format!("{} {id}", subject.one())}</h1><Loading what="the list" /> }.into_any()
        }
        Load::Failed(error) => {
            view! { <h1>{subject.title()}</h1><Failed what="The list" error=error /> }.into_any()
        }
        Load::Ready(listing) => one(&bundle, &listing, &id),
    }
}

fn one(bundle: &Arc<Bundle>, listing: &Arc<Listing>, id: &str) -> AnyView {
    let subject = listing.subject;
    let number = id.trim_start_matches(['C', 'c', 'N', 'n']).parse::<u32>().ok();
    let Some(row) = number.and_then(|n| listing.row(n).cloned()) else {
        let last = listing.index.rows.len().saturating_sub(1);
        return view! {
            <h1>{format!("There is no {} {id:?}", subject.one())}</h1>
            <p>{format!("This bundle has {}s 0 to {last}. ", subject.one())}<a href=subject.list()>"All of them"</a></p>
        }
        .into_any();
    };
    let row = Arc::new(row);
    let loaded = RwSignal::new(Load::<Arc<Concept>>::Waiting);
    let (fetched, which) = (bundle.clone(), row.id);
    leptos::task::spawn_local(async move {
        let found = fetched.concept(subject, which).await;
        loaded.try_set(match found {
            Ok(concept) => Load::Ready(concept),
            Err(error) => Load::Failed(error),
        });
    });
    contents::step_by_keys(listing, row.id);
    let head = head::head(bundle, listing, &row, loaded);
    let (bundle, listing) = (bundle.clone(), listing.clone());
    let body = move || match loaded.get() {
        Load::Waiting => view! { <Loading what=format!("the {}", subject.one()) /> }.into_any(),
        Load::Failed(error) => view! { <Failed what=listing.name(row.id.0) error=error /> }.into_any(),
        Load::Ready(concept) => {
            let descriptions = Descriptions::fetch(&bundle, listed_genes(&concept));
            let (bundle, listing, row) = (bundle.clone(), listing.clone(), row.clone());
            parts(&Shown { bundle, listing, row, concept, descriptions })
        }
    };
    view! { {head}{body} }.into_any()
}

/// Genes that some table of the page lists.
fn listed_genes(concept: &Concept) -> Vec<u32> {
    let mut genes = concept.top_genes.clone();
    if let Maybe::Value(reading) = &concept.detail.reading {
        for side in Side::BOTH.map(|side| reading.side(side)) {
            genes.extend(side.genes.iter().chain(&side.typical_genes).map(|gene| gene.gene.0));
        }
    }
    genes
}

fn parts(shown: &Shown) -> AnyView {
    if shown.concept.detail.cells == 0 {
        let dead = "No cell of these data activates it: it is dead. There is nothing to attribute, and nothing is claimed about it.";
        return view! { <section class="section"><p class="notice">{dead}</p></section> }.into_any();
    }
    if let (true, Maybe::Missing { not_available }) =
        (shown.row.not_described, &shown.concept.detail.attribution)
    {
        let text =
            format!("Its genes were not scored: {not_available}. These are the cells that activate it.");
        return view! {
            <section class="section"><p class="notice" data-testid="not-described">{text}</p></section>
            {cells::view(shown)}
        }
        .into_any();
    }
    let of = |view: fn(&Shown) -> AnyView| {
        let shown = shown.clone();
        Box::new(move || view(&shown)) as Slice
    };
    let mut slices = match &shown.concept.detail.reading {
        Maybe::Value(_) => vec![
            of(|shown| read(shown, answers::view)),
            of(|shown| {
                read(shown, |shown, reading| {
                    view! { {contents::view()}{genes::view(shown, reading)} }.into_any()
                })
            }),
            of(|shown| read(shown, pathways::view)),
            of(cells::view),
        ],
        Maybe::Missing { .. } => vec![of(paper_only), of(cells::view), of(paper::sections)],
    };
    let rest = [
        label::view,
        pairs::view,
        faithful::view,
        recompute::view,
        steer::view,
        related::view,
        provenance::view,
    ];
    slices.extend(rest.map(of));
    slices::in_turn(slices)
}

/// A part of what is read beyond the paper.
fn read(shown: &Shown, view: fn(&Shown, &Reading) -> AnyView) -> AnyView {
    shown.reading().map(|reading| view(shown, reading)).into_any()
}

/// The head of a page that has the paper's readings only, and why.
fn paper_only(shown: &Shown) -> AnyView {
    let why = match &shown.concept.detail.reading {
        Maybe::Missing { not_available } => not_available.as_str(),
        Maybe::Value(_) => "",
    };
    view! {
        <p class="notice" data-testid="paper-only">{paper::only(why)}</p>
        {paper::answers::view(shown)}
        {contents::view()}
    }
    .into_any()
}
