//! Genes that the reader swaps by clicking them, one after another: the activation follows at once.
//!
//! | file | idea |
//! |---|---|
//! | `choice` | the genes, those that are swapped in their order, in the address |
//! | `left` | what is left of the activation |

mod choice;
mod left;

use std::sync::Arc;

use cellprism_app::task::{
    Files, Job, Said,
    occlude::{Answer, Request},
};
use leptos::prelude::*;

use super::Shown;
use crate::{
    components::near::when_near,
    worker::{self, Standing},
};
use choice::Choice;

/// Where an answer is.
#[derive(Clone)]
enum State {
    Idle,
    Fetching,
    Failed(String),
    Left(Arc<Answer>),
}

/// The panel, for models that run in the page.
pub fn view(shown: &Shown) -> AnyView {
    let choice = Choice::of(shown);
    let state = RwSignal::new(State::Idle);
    let (near, place) = (RwSignal::new(false), NodeRef::<leptos::html::Div>::new());
    Effect::new(move || {
        if let Some(panel) = place.get() {
            when_near(&panel, move || near.set(true));
        }
    });
    let asked = Asked {
        shown: shown.clone(),
        chosen: choice.chosen,
        standing: Standing::new(),
        files: StoredValue::new(None),
        state,
    };
    Effect::new(move || {
        // An address may name genes; they are swapped once the reader comes near.
        let none = choice.chosen.with(Vec::is_empty);
        if none {
            state.set(State::Idle);
        } else if near.get() {
            asked.ask();
        }
    });
    let of = shown.clone();
    let n = shown.concept.detail.prototypes.len();
    let out = move || match state.get() {
        State::Idle => {
            let what = "Click a gene: every prototype gets its counterfactual’s count of it, and of each that you click after it.";
            view! { <p class="small muted">{what}</p> }.into_any()
        }
        State::Fetching => {
            view! { <p class="small muted" role="status">"Fetching what it is computed from …"</p> }
                .into_any()
        }
        State::Failed(what) => view! { <p class="notice bad" role="alert">{what}</p> }.into_any(),
        State::Left(answer) => left::view(&of, &answer),
    };
    let what = format!(
        "On the pairs that ranked the genes: {n} prototypes, each with its {} nearest other cells.",
        shown.bundle.manifest.parameters.attribution.counterfactuals
    );
    view! {
        <div class="panel swap" node_ref=place>
            <header class="row between"><h3>"Swap genes yourself"</h3><span class="small muted">{what}</span></header>
            {choice.view(shown)}
            <div data-testid="left" aria-live="polite">{out}</div>
        </div>
    }
    .into_any()
}

/// What asking needs; files are fetched with the first question.
#[derive(Clone)]
struct Asked {
    shown: Shown,
    chosen: Memo<Vec<u32>>,
    standing: Standing,
    files: StoredValue<Option<Arc<Files>>>,
    state: RwSignal<State>,
}

impl Asked {
    fn request(&self) -> Request {
        let parameters = &self.shown.bundle.manifest.parameters.attribution;
        Request {
            subject: self.shown.listing.subject,
            concept: self.shown.row.id,
            prototypes: parameters.prototypes as usize,
            counterfactuals: parameters.counterfactuals as usize,
            // Those of now: others may have been clicked while files came.
            genes: self.chosen.try_get_untracked().unwrap_or_default(),
        }
    }

    fn ask(&self) {
        if let Some(files) = self.files.get_value() {
            self.send(&files);
            return;
        }
        self.state.set(State::Fetching);
        let asked = self.clone();
        leptos::task::spawn_local(async move {
            match worker::files_of(&asked.shown.bundle, asked.request().files()).await {
                Ok(files) => {
                    let files = Arc::new(files);
                    asked.files.try_set_value(Some(files.clone()));
                    asked.send(&files);
                }
                Err(error) => {
                    asked.state.try_set(State::Failed(format!("{}: {}", error.file, error.what)));
                }
            }
        });
    }

    fn send(&self, files: &Files) {
        let (request, state) = (self.request(), self.state);
        if request.genes.is_empty() {
            return;
        }
        let tell = move |said| match said {
            // A reader who has put all genes back is not told of them.
            Said::Occluded(answer)
                if state.try_with_untracked(|now| !matches!(now, State::Idle)) == Some(true) =>
            {
                state.try_set(State::Left(Arc::new(answer)));
            }
            Said::Failed(what) => {
                state.try_set(State::Failed(what));
            }
            _ => {}
        };
        if let Err(what) = self.standing.ask(&Job::Occlude(request), files, tell) {
            state.try_set(State::Failed(what));
        } else if state.try_with_untracked(|now| matches!(now, State::Idle)) == Some(true) {
            state.try_set(State::Fetching);
        }
    }
}
