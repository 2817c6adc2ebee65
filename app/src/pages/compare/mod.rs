//! This bundle's concepts beside another dictionary: another bundle's, the reader's own, or the model's neurons.
//!
//! | file | part |
//! |---|---|
//! | `choose` | what to compare with |
//! | `summary` | how many pairs are more than chance, how well each dictionary rebuilds the other's cells |
//! | `pairs` | the pairs, what they share, as figure, table and file |

mod choose;
mod pairs;
mod summary;

use std::sync::Arc;

use cellprism_app::task::{
    Files, Job, Said,
    compare::{Answer, LEFT, RIGHT, Request},
};
use cellprism_core::bundle::path;
use leptos::prelude::*;

use crate::{
    bundle::{self, Bundle, Other, Place},
    client::FetchError,
    components::states::{Failed, Loading},
    worker::{self, Slot},
};

/// Seed of the random dictionaries, that of `sae match`.
const SEED: u64 = 0;

/// What is compared with.
#[derive(Clone, Debug)]
enum With {
    /// Another dictionary.
    Other(Arc<Other>),
    /// The model's own dimensions.
    Neurons,
}

impl With {
    fn name(&self) -> String {
        match self {
            Self::Other(other) => other.name.clone(),
            Self::Neurons => "neurons".into(),
        }
    }
}

/// A finished comparison.
#[derive(Debug)]
struct Compared {
    with: With,
    answer: Answer,
}

#[derive(Clone)]
enum State {
    Idle,
    Reading,
    Comparing,
    Failed(FetchError),
    Done(Arc<Compared>),
}

/// The comparison on show.
#[derive(Clone, Copy)]
struct Shown {
    state: RwSignal<State>,
    running: Slot,
}

/// The page.
#[component]
pub fn Compare() -> impl IntoView {
    let bundle = bundle::current();
    let shown = Shown { state: RwSignal::new(State::Idle), running: Slot::new() };
    let of = bundle.clone();
    let below = move || match shown.state.get() {
        State::Idle => ().into_any(),
        State::Reading => view! { <Loading what="the other dictionary" /> }.into_any(),
        State::Comparing => {
            view! { <Loading what="pairs, and what random dictionaries would reach" /> }.into_any()
        }
        State::Failed(error) => view! { <Failed what="The comparison" error=error /> }.into_any(),
        State::Done(compared) => {
            view! { {summary::view(&of, &compared)}{pairs::view(&of, &compared)} }.into_any()
        }
    };
    let what = "Concepts of two dictionaries of one model are paired one to one so that the directions of the pairs agree most. What matters is not how well they agree but how much better than dictionaries that have nothing in common: random ones are paired the same way beside them.";
    view! {
        <h1>"Compare"</h1>
        <p class="lead">{what}</p>
        {choose::view(&bundle, shown)}
        <div aria-live="polite">{below}</div>
    }
}

impl Shown {
    fn fail(self, file: &str, what: String) {
        self.state.try_set(State::Failed(FetchError { file: file.to_owned(), what }));
    }

    /// Compares with what is at a place.
    fn with_place(self, bundle: &Arc<Bundle>, place: Place) {
        self.running.stop();
        self.state.set(State::Reading);
        let bundle = bundle.clone();
        leptos::task::spawn_local(async move {
            match place.read().await {
                Ok(other) => self.start(&bundle, With::Other(Arc::new(other))).await,
                Err(error) => {
                    self.state.try_set(State::Failed(error));
                }
            }
        });
    }

    /// Compares with the neurons.
    fn with_neurons(self, bundle: &Arc<Bundle>) {
        self.running.stop();
        self.state.set(State::Reading);
        let bundle = bundle.clone();
        leptos::task::spawn_local(async move { self.start(&bundle, With::Neurons).await });
    }

    async fn start(self, bundle: &Arc<Bundle>, with: With) {
        let files = match files(bundle, &with).await {
            Ok(files) => files,
            Err(error) => {
                self.state.try_set(State::Failed(error));
                return;
            }
        };
        let job = Job::Compare(Request { neurons: matches!(with, With::Neurons), seed: SEED });
        let tell = move |said, _| match said {
            Said::Compared(answer) => {
                let compared = Compared { with: with.clone(), answer: *answer };
                self.state.try_set(State::Done(Arc::new(compared)));
            }
            Said::Failed(what) => self.fail("comparison", what),
            _ => {}
        };
        match worker::start(&job, &files, tell) {
            Ok(running) => {
                self.state.try_set(State::Comparing);
                self.running.hold(running);
            }
            Err(what) => self.fail("worker", what),
        }
    }
}

async fn files(bundle: &Bundle, with: &With) -> Result<Files, FetchError> {
    let mut files = Files::default();
    files.insert(LEFT[0], bundle.bytes(path::SAE_CONFIG).await?);
    files.insert(LEFT[1], bundle.bytes(path::SAE_WEIGHTS).await?);
    if bundle.entry(path::EMBEDDINGS).is_some() {
        files.insert(LEFT[2], bundle.bytes(path::EMBEDDINGS).await?);
    }
    if let With::Other(other) = with {
        files.insert(RIGHT[0], other.dictionary[0].clone());
        files.insert(RIGHT[1], other.dictionary[1].clone());
        if let Some(embeddings) = &other.embeddings {
            files.insert(RIGHT[2], embeddings.clone());
        }
    }
    Ok(files)
}
