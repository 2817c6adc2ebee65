//! The same numbers, computed in the page by the functions of the backend, beside the published ones.
//!
//! | file | idea |
//! |---|---|
//! | `form` | settings, and the request made of them |
//! | `compare` | an answer beside the published numbers |
//! | `outcome` | verdict and tables |

mod compare;
mod form;
mod outcome;

use std::sync::Arc;

use cellprism_app::task::{
    Files, Job, Said,
    recompute::{Answer, Request},
};
use cellprism_core::bundle::ModelKind;
use leptos::prelude::*;

use super::{Shown, swap};
use crate::{
    bundle::Subject,
    worker::{self, Slot},
};
use form::Fields;

/// Where a recomputation is.
#[derive(Clone)]
enum State {
    Idle,
    Fetching,
    Working(f64),
    Failed(String),
    Done(Arc<Answer>, Arc<Request>, u32, Shown),
}

/// Settings, progress, and the answer beside the published one.
pub fn view(shown: &Shown) -> AnyView {
    let model = &shown.bundle.manifest.model;
    let why_not = if model.kind != ModelKind::Scvi {
        let title = model.kind.title();
        Some(format!(
            "{title} does not run in a browser (only scVI does): the numbers above stay as they were made"
        ))
    } else if !model.in_browser {
        let why = "this bundle holds no encoder that runs in a browser (only scVI without covariates does)";
        Some(why.to_owned())
    } else if shown.concept.detail.enrichment.is_empty() {
        Some("the bundle has no gene sets".to_owned())
    } else {
        shown.no_counts()
    };
    let held = match shown.listing.subject {
        Subject::Concepts => "The model, the dictionary and the sampled cells’ counts are",
        Subject::Neurons => "The model and the sampled cells’ counts are",
    };
    let what = format!(
        "{held} in the bundle. This page computes the readings again, with the same code, beside the published ones; nothing leaves this computer."
    );
    let inside = match why_not {
        Some(why) => view! { <p class="na"><b>"Not available"</b>{format!(": {why}")}</p> }.into_any(),
        None => view! { <div class="stack-l">{panel(shown)}{swap::view(shown)}</div> }.into_any(),
    };
    view! {
        <section class="section" id="recompute">
            <header>
                <h2>"Recompute here"</h2>
                <p>{what}</p>
            </header>
            {inside}
        </section>
    }
    .into_any()
}

fn panel(shown: &Shown) -> AnyView {
    let fields = Fields::of(shown);
    let state = RwSignal::new(State::Idle);
    let running = Slot::new();
    let start_of = shown.clone();
    let start = Callback::new(move |()| {
        running.stop();
        match fields.request(&start_of) {
            Err(what) => state.set(State::Failed(what)),
            Ok((request, files)) => {
                state.set(State::Fetching);
                spawn(&start_of, request, files, state, running);
            }
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        start.run(());
    };
    let out = move || match state.get() {
        State::Idle => said(
            "With the published settings the numbers come out the same; change one, and see what it changes.",
        ),
        State::Fetching => said("Fetching what it is computed from …"),
        State::Working(share) => progress(share, move || {
            running.stop();
            state.set(State::Idle);
        }),
        State::Failed(what) => view! { <p class="notice bad" role="alert">{what}</p> }.into_any(),
        State::Done(answer, request, taken, exact) => outcome::view(&exact, &answer, &request, taken),
    };
    view! {
        <div class="panel recompute">
            <form aria-label="Settings" on:submit=submit>{fields.view(shown, start)}</form>
            <div data-testid="answer" aria-live="polite">{out}</div>
        </div>
    }
    .into_any()
}

fn said(text: &'static str) -> AnyView {
    view! { <p class="small muted" role="status">{text}</p> }.into_any()
}

fn progress(share: f64, cancel: impl Fn() + 'static) -> AnyView {
    let percent = format!("{:.0}%", share * 100.0);
    view! {
        <div role="status">
            <p class="small">{format!("Computing, {percent}")}</p>
            <div class="prog"><i style=format!("width:{percent}")></i></div>
            <p style="margin-top:var(--s3)"><button class="btn" on:click=move |_| cancel()>"Cancel"</button></p>
        </div>
    }
    .into_any()
}

/// Starts the worker on the bundle's files.
fn spawn(shown: &Shown, request: Request, files: Files, state: RwSignal<State>, running: Slot) {
    let names = request.files();
    let asked = Arc::new(request.clone());
    let mut began = None;
    let beside = shown.clone();
    let job = Job::Recompute(Box::new(request));
    worker::start_on(shown.bundle.clone(), names, files, job, running, move |said| {
        let began = *began.get_or_insert_with(js_sys::Date::now);
        state.try_set(match said {
            Said::Progress(share) => State::Working(share),
            Said::Recomputed(answer) => {
                let taken = (js_sys::Date::now() - began).max(0.0) as u32;
                done(&beside, Arc::new(*answer), asked.clone(), taken, state);
                return;
            }
            Said::Failed(what) => State::Failed(what),
            _ => State::Failed("the worker answered something else".into()),
        });
    });
}

/// Shows an answer beside the published numbers, all of them.
fn done(shown: &Shown, answer: Arc<Answer>, request: Arc<Request>, taken: u32, state: RwSignal<State>) {
    let shown = shown.clone();
    leptos::task::spawn_local(async move {
        state.try_set(match shown.exact().await {
            Ok(exact) => State::Done(answer, request, taken, exact),
            Err(error) => State::Failed(format!("{}: {}", error.file, error.what)),
        });
    });
}
