//! The reader's own data, read in the page: cells, embeddings, or a ranking of genes. Nothing leaves it.
//!
//! | file | part |
//! |---|---|
//! | `drop` | where a file is dropped or chosen |
//! | `begin` | what a file is, and the worker that reads it |
//! | `opened` | genes and counts of a file of cells |
//! | `live` | the work while it runs |
//! | `outcome` | what was found, and the files to save |
//! | `concepts`, `labels` | what is active, and in which cells |
//! | `placed`, `over` | the cells among the bundle's, on its map and in colour |
//! | `ranking` | gene sets of a ranking |

mod begin;
mod concepts;
mod drop;
mod labels;
mod live;
mod opened;
mod outcome;
mod over;
mod placed;
mod ranking;

use std::sync::Arc;

use cellprism_app::task::own::{Answer, Opened, kind::Kind};
use cellprism_core::bundle::ModelKind;
use leptos::prelude::*;

use crate::{
    bundle::{self, Bundle},
    worker::{Slot, Written},
};

const LEAD: &str = "Cells, embeddings or a ranking of genes of your own, read against this bundle’s concepts. Everything happens \
    in this page: the file is read from your disk piece by piece, and nothing is sent anywhere.";

/// A file of the reader's.
#[derive(Clone)]
struct Chosen {
    file: web_sys::File,
    kind: Kind,
}

/// How far the work is.
#[derive(Clone, Copy, PartialEq)]
struct Done {
    cells: u64,
    of: u64,
    counts_share: Option<f64>,
    /// Milliseconds since the first cell was read.
    elapsed: f64,
}

/// What came out of cells or embeddings.
struct Found {
    name: String,
    answer: Answer,
    written: Written,
    last: Option<Done>,
}

/// Where the work is.
#[derive(Clone)]
enum State {
    Idle,
    /// Fetching the model, or opening the file.
    Opening,
    Working,
    Cancelled,
    Failed(String),
    Found(Arc<Found>),
    /// A ranking is there: its form is shown.
    Ranking,
}

/// What is on show.
#[derive(Clone, Copy)]
struct Shown {
    state: RwSignal<State, LocalStorage>,
    chosen: RwSignal<Option<Chosen>, LocalStorage>,
    opened: RwSignal<Option<Opened>>,
    done: RwSignal<Option<Done>>,
    /// Take values that are not whole numbers.
    any_number: RwSignal<bool>,
    running: Slot,
}

impl Shown {
    /// Says why there is nothing, where the page is still there.
    fn fail(self, what: String) {
        self.state.try_set(State::Failed(what));
    }
}

/// The page.
#[component]
pub fn YourData() -> impl IntoView {
    let bundle = bundle::current();
    let shown = Shown {
        state: RwSignal::new_local(State::Idle),
        chosen: RwSignal::new_local(None),
        opened: RwSignal::new(None),
        done: RwSignal::new(None),
        any_number: RwSignal::new(false),
        running: Slot::new(),
    };
    let of = bundle.clone();
    let below = move || match shown.state.get() {
        State::Idle => help(&of),
        State::Opening | State::Working => live::view(shown),
        State::Cancelled => {
            view! { <p class="notice" role="status">"Cancelled. Nothing was kept."</p> }.into_any()
        }
        State::Failed(what) => failed(&of, shown, what),
        State::Found(found) => outcome::view(&of, &found),
        State::Ranking => ranking::view(&of, shown),
    };
    let over = RwSignal::new(false);
    let enter = move |event: leptos::ev::DragEvent| {
        event.prevent_default();
        over.set(true);
    };
    let dropped = drop::taken(&bundle, shown, over);
    view! {
        // The whole page takes a file: dropped beside the frame, the browser would leave the page to show it.
        <div on:dragover=enter on:dragleave=move |_| over.set(false) on:drop=dropped>
            <h1>"Your data"</h1>
            <p class="lead">{LEAD}</p>
            {drop::view(&bundle, shown, over)}
            {move || shown.opened.with(|opened| opened.as_ref().map(|opened| opened::view(opened, shown)))}
            <div class="after" data-testid="own">{below}</div>
        </div>
    }
}

/// Why the page cannot embed cells with this bundle's model, where it cannot.
fn why_no_cells(bundle: &Bundle) -> Option<String> {
    let model = &bundle.manifest.model;
    if model.kind != ModelKind::Scvi {
        let title = model.kind.title();
        Some(format!("{title} does not run in a browser (only scVI does)"))
    } else if !model.in_browser {
        Some(
            "this bundle holds no encoder that runs in a browser (only scVI without covariates does)"
                .to_owned(),
        )
    } else {
        None
    }
}

/// The commands that do the same for models that the page cannot run.
fn commands(bundle: &Bundle) -> String {
    let name = &bundle.manifest.name;
    format!(
        "cellprism embed --model MODEL --cells mine.h5ad --out mine.safetensors\n\
         cellprism sae encode --sae {name}/sae --embeddings mine.safetensors --out activations.safetensors"
    )
}

/// What a file may be.
fn help(bundle: &Bundle) -> AnyView {
    let (cells, rest) = match why_no_cells(bundle) {
        None => (
            format!(
                "Raw counts in layers[\"counts\"], raw or X, of any size; {} embeds them here, and the dictionary says which \
                 concepts are active.",
                bundle.manifest.model.name
            ),
            ().into_any(),
        ),
        Some(why) => (
            format!(
                "Not in this page: {why}. Embed them with the command line, then drop the embeddings here:"
            ),
            view! { <pre class="command" tabindex="0">{commands(bundle)}</pre> }.into_any(),
        ),
    };
    let size = bundle.manifest.counts.embedding;
    view! {
        <dl class="facts wide kinds">
            <div><dt>"Cells, .h5ad"</dt><dd>{cells}{rest}</dd></div>
            <div><dt>"Embeddings"</dt><dd>{format!(
                "Of this bundle’s model, {size} dimensions: .safetensors as cellprism embed writes it, .npy, or .csv with a \
                 cell’s name and its numbers in each row."
            )}</dd></div>
            <div><dt>"A ranking of genes"</dt><dd>"A gene and a score in each row (.rnk, .tsv, .csv): enrichment against this bundle’s gene sets, or a .gmt of your own."</dd></div>
        </dl>
    }
    .into_any()
}

fn failed(bundle: &Bundle, shown: Shown, what: String) -> AnyView {
    let wants_any = what.contains("“Take the values as they are”");
    let again = bundle::current();
    let take = move |_| {
        shown.any_number.set(true);
        begin::again(&again, shown);
    };
    let button = wants_any.then(|| {
        view! { <p class="row"><button class="btn" type="button" on:click=take>"Take the values as they are"</button></p> }
    });
    let is_cells =
        shown.chosen.with_untracked(|chosen| chosen.as_ref().is_some_and(|c| c.kind == Kind::Cells));
    let lines = (is_cells && why_no_cells(bundle).is_some())
        .then(|| view! { <pre class="command" tabindex="0">{commands(bundle)}</pre> });
    view! {
        <div class="notice bad" role="alert" data-testid="own-failed">
            <h4>"This could not be read"</h4>
            <p>{what}</p>
            {button}{lines}
        </div>
    }
    .into_any()
}
