//! A dictionary trained in the page: on the bundle's cells or on embeddings of the reader's own.
//!
//! | file | part |
//! |---|---|
//! | `form` | what to train on, and the settings |
//! | `live` | the training while it runs |
//! | `outcome` | the dictionary beside the published one; its files |
//! | `rows` | its concepts: their cells and what these mostly are |
//! | `concepts` | … as a table and a map |

mod concepts;
mod form;
mod live;
mod outcome;
mod rows;

use std::{cell::RefCell, sync::Arc};

use cellprism_app::task::{
    Files, Job, Said,
    train::{Answer, Request},
};
use cellprism_core::{bundle::path, sae::train::EpochMetrics};
use leptos::prelude::*;

use crate::{
    bundle::{self, Bundle},
    worker::{self, Slot},
};
use form::{Form, Source};

/// Milliseconds between two drawings of the curves: a small dictionary has hundreds of epochs a second.
const PAUSE: f64 = 80.0;

const LEAD: &str = "The trainer of the command line, in this page: a TopK sparse autoencoder on embeddings of up to \
    50,000 cells. Nothing leaves this computer.";
const IDLE: &str = "The published settings but for the seed: a concept that comes back under another seed is worth more \
    than one that does not.";
const FETCHING: &str = "Fetching the embeddings and the published dictionary …";
const STOPPED: &str = "Stopped. Nothing was kept: a training that is to be interrupted and resumed is one for the \
    command line.";

/// A finished training.
struct Trained {
    answer: Answer,
    /// `cfg.json`, `sae_weights.safetensors`, `activations.safetensors`.
    files: Files,
    /// Whether its cells are the bundle's.
    own_cells: bool,
    seconds: f64,
    /// Settings as options of the command line.
    command: String,
}

/// Where a training is.
#[derive(Clone)]
enum State {
    Idle,
    Fetching,
    Training,
    Stopped,
    Failed(String),
    Done(Arc<Trained>),
}

/// The training on show.
#[derive(Clone, Copy)]
struct Shown {
    state: RwSignal<State>,
    /// Epochs that are drawn, with the milliseconds since the start.
    epochs: RwSignal<Vec<(EpochMetrics, f64)>>,
    running: Slot,
}

/// What is kept of a training: its bundle's tag, what owns its signals, and these.
type Kept = (String, Owner, Shown, Form);

thread_local! {
    static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

/// The training of this bundle: it goes on, and its dictionary stays, while other pages are read.
fn kept(bundle: &Bundle) -> (Shown, Form) {
    let tag = &bundle.manifest.tag;
    let known = KEPT.with_borrow(|kept| {
        kept.as_ref().filter(|(of, ..)| of == tag).map(|(_, _, shown, form)| (*shown, *form))
    });
    known.unwrap_or_else(|| {
        // Not the page's owner, which ends with the page.
        let owner = Owner::default();
        let (shown, form) = owner.with(|| {
            let (state, epochs) = (RwSignal::new(State::Idle), RwSignal::new(Vec::new()));
            (Shown { state, epochs, running: Slot::new() }, Form::of(bundle))
        });
        if let Some((_, old, ..)) = KEPT.replace(Some((tag.clone(), owner, shown, form))) {
            old.cleanup();
        }
        (shown, form)
    })
}

/// The page.
#[component]
pub fn Train() -> impl IntoView {
    let bundle = bundle::current();
    let (shown, form) = kept(&bundle);
    let (asked, drawn) = (bundle.clone(), bundle.clone());
    let begin = move || start(&asked, form, shown);
    let outcome_of = bundle.clone();
    let below = move || match shown.state.get() {
        State::Idle => view! { <p class="small muted">{IDLE}</p> }.into_any(),
        State::Fetching => view! { <p class="small" role="status">{FETCHING}</p> }.into_any(),
        State::Failed(what) => view! { <p class="notice bad" role="alert">{what}</p> }.into_any(),
        State::Training => ().into_any(),
        State::Stopped => view! { <p class="notice" role="status">{STOPPED}</p> }.into_any(),
        State::Done(trained) => outcome::view(&outcome_of, &trained),
    };
    view! {
        <h1>"Train a dictionary"</h1>
        <p class="lead">{LEAD}</p>
        <section class="section" id="settings">
            <header><h2>"Settings"</h2></header>
            <div class="panel recompute">{form::view(&bundle, form, shown, begin)}</div>
        </section>
        {live::view(&drawn, shown)}
        <div class="after" data-testid="trained" aria-live="polite">{below}</div>
    }
}

/// Reads the form, fetches the files and starts the worker.
fn start(bundle: &Arc<Bundle>, form: Form, shown: Shown) {
    shown.running.stop();
    shown.epochs.set(Vec::new());
    let options = match form.options() {
        Ok(options) => options,
        Err(what) => return shown.state.set(State::Failed(what)),
    };
    let source = form.source.get_untracked();
    let command = form.command(&options);
    shown.state.set(State::Fetching);
    let bundle = bundle.clone();
    leptos::task::spawn_local(async move {
        let own_cells = matches!(source, Source::Bundle);
        let embeddings = match source {
            Source::Bundle => bundle.bytes(path::EMBEDDINGS).await,
            Source::File(_, bytes) => Ok(bytes.to_vec()),
            Source::None => return shown.fail("choose a file of embeddings first".into()),
        };
        let published =
            futures::future::try_join(bundle.bytes(path::SAE_CONFIG), bundle.bytes(path::SAE_WEIGHTS)).await;
        let files = match (embeddings, published) {
            (Ok(embeddings), Ok((config, weights))) => {
                let named = [
                    (path::EMBEDDINGS, embeddings),
                    (path::SAE_CONFIG, config),
                    (path::SAE_WEIGHTS, weights),
                ];
                named.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect::<Files>()
            }
            (Err(error), _) | (_, Err(error)) => {
                return shown.fail(format!("{}: {}", error.file, error.what));
            }
        };
        let began = js_sys::Date::now();
        let elapsed = move || (js_sys::Date::now() - began).max(0.0);
        let mut waiting = Vec::new();
        let mut last = 0.0;
        let tell = move |said, files| match said {
            Said::Progress(_) => {}
            Said::Epoch(metrics) => {
                let now = elapsed();
                let is_last = metrics.epoch == metrics.epochs;
                waiting.push((*metrics, now));
                if is_last || now - last >= PAUSE {
                    last = now;
                    shown.epochs.try_update(|epochs| epochs.append(&mut waiting));
                }
            }
            Said::Trained(answer) => {
                let (answer, seconds, command) = (*answer, elapsed() / 1000.0, command.clone());
                let trained = Trained { answer, files, own_cells, seconds, command };
                shown.state.try_set(State::Done(Arc::new(trained)));
            }
            Said::Failed(what) => shown.fail(what),
            _ => shown.fail("the worker answered something else".into()),
        };
        match worker::start(&Job::Train(Box::new(Request { options })), &files, tell) {
            Ok(running) => {
                shown.state.try_set(State::Training);
                shown.running.hold(running);
            }
            Err(what) => shown.fail(what),
        }
    });
}

impl Shown {
    /// Says why there is no dictionary, where the page is still there.
    fn fail(self, what: String) {
        self.state.try_set(State::Failed(what));
    }

    fn is_busy(self) -> bool {
        matches!(self.state.get(), State::Fetching | State::Training)
    }
}
