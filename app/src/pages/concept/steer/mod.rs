//! The concept set to another value: which genes scVI then expects more or less of, beside their attribution.
//!
//! | file | idea |
//! |---|---|
//! | `outcome` | what changed, in words |
//! | `table` | the genes that change most |
//! | `beside` | predicted change against attribution |

mod beside;
mod outcome;
mod table;

use std::sync::Arc;

use cellprism_app::task::{Files, Job, Said, steer::Request};
use cellprism_core::{
    bundle::{ModelKind, path},
    cells::{Column, NO_LABEL},
    steering::{SteeredConcept, Target, mean},
};
use leptos::prelude::*;

use super::Shown;
use crate::{
    bundle::Subject,
    client::FetchError,
    format::significant,
    worker::{self, Slot},
};

/// Largest multiple of the present activation.
const MOST: f32 = 4.0;

/// Where a computation is.
#[derive(Clone)]
enum State {
    Idle,
    Working,
    Failed(String),
    Done(Arc<SteeredConcept>, f32),
}

/// The section.
pub fn view(shown: &Shown) -> AnyView {
    let bundle = &shown.bundle;
    let why_not = if bundle.manifest.model.kind != ModelKind::Scvi {
        Some("only scVI has a decoder, which tells the expected counts of every gene".to_owned())
    } else if !bundle.manifest.model.in_browser || bundle.entry(path::MODEL_DECODER).is_none() {
        Some(
            "this bundle holds no decoder that runs in a browser; `cellprism steer` does the same on the cells"
                .to_owned(),
        )
    } else {
        shown.no_counts()
    };
    let what = match shown.listing.subject {
        Subject::Concepts => {
            "The prototypes’ embeddings are moved along the concept’s direction, and scVI’s decoder tells what it then expects of every gene. A prediction of the model, not of an experiment."
        }
        Subject::Neurons => {
            "This one dimension of the prototypes’ embeddings is set to another value on the neuron’s side, all others stay, and scVI’s decoder tells what it then expects of every gene. Taken away it is 0, where the other side begins. A prediction of the model, not of an experiment."
        }
    };
    let inside = match why_not {
        Some(why) => view! { <p class="na"><b>"Not available"</b>{format!(": {why}")}</p> }.into_any(),
        None => panel(shown),
    };
    view! {
        <section class="section" id="steer">
            <header>
                <h2>"What if it were stronger, or gone?"</h2>
                <p>{what}</p>
            </header>
            {inside}
        </section>
    }
    .into_any()
}

fn panel(shown: &Shown) -> AnyView {
    let factor = RwSignal::new(2.0f32);
    let state = RwSignal::new(State::Idle);
    let running = Slot::new();
    let start_of = shown.clone();
    let start = Callback::new(move |to: f32| {
        factor.set(to);
        running.stop();
        state.set(State::Working);
        spawn(&start_of, to, state, running);
    });
    let preset = |name: &'static str, to: f32| {
        let pressed = move || (factor.get() == to && !matches!(state.get(), State::Idle)).to_string();
        view! { <button type="button" aria-pressed=pressed on:click=move |_| start.run(to)>{name}</button> }
    };
    let read = |e: leptos::ev::Event| event_target_value(&e).parse::<f32>().unwrap_or(1.0).clamp(0.0, MOST);
    let present = shown.concept.detail.prototypes.iter().map(|p| p.activation).collect::<Vec<_>>();
    let present = mean(&present);
    let now = move || {
        let to = significant(present * f64::from(factor.get()));
        format!("{:.2}: mean {} → {to}", factor.get(), significant(present))
    };
    let answer_of = shown.clone();
    let order = RwSignal::new(table::Order::Counts);
    let idle =
        "Choose a value; the page embeds the prototypes from their counts and decodes them before and after.";
    let out = move || match state.get() {
        State::Idle => view! { <p class="small muted">{idle}</p> }.into_any(),
        State::Working => view! { <p class="small" role="status">"Computing …"</p> }.into_any(),
        State::Failed(what) => view! { <p class="notice bad" role="alert">{what}</p> }.into_any(),
        State::Done(found, by) => outcome::view(&answer_of, &found, by, order),
    };
    view! {
        <div class="panel recompute">
            <div class="row steering" role="group" aria-label=format!("The {}’s activation", shown.one())>
                <div class="seg">{preset("Take it away", 0.0)}{preset("Halve", 0.5)}{preset("Double", 2.0)}</div>
                <label class="row">
                    <span class="small">"Activation ×"</span>
                    <input type="range" min="0" max=MOST.to_string() step="0.25" data-testid="steer"
                        prop:value=move || factor.get().to_string()
                        on:input=move |e| factor.set(read(e)) on:change=move |e| start.run(read(e)) />
                </label>
                <output class="small num">{now}</output>
            </div>
            <div data-testid="steered" aria-live="polite">{out}</div>
        </div>
    }
    .into_any()
}

/// Starts the worker on the bundle's files.
fn spawn(shown: &Shown, factor: f32, state: RwSignal<State>, running: Slot) {
    let shown = shown.clone();
    leptos::task::spawn_local(async move {
        match columns(&shown).await {
            Ok(columns) => start(&shown, columns, factor, state, running),
            Err(error) => {
                state.try_set(State::Failed(format!("{}: {}", error.file, error.what)));
            }
        }
    });
}

fn start(shown: &Shown, columns: Vec<Column>, factor: f32, state: RwSignal<State>, running: Slot) {
    let (subject, concept) = (shown.listing.subject, shown.row.id);
    let request = Request { subject, concept, target: Target::Scale(factor), columns };
    let names = request.files();
    let job = Job::Steer(Box::new(request));
    worker::start_on(shown.bundle.clone(), names, Files::default(), job, running, move |said| {
        state.try_set(match said {
            Said::Steered(found) => State::Done(Arc::new(*found), factor),
            Said::Failed(what) => State::Failed(what),
            Said::Progress(_) => State::Working,
            _ => State::Failed("the worker answered something else".into()),
        });
    });
}

/// The bundle's columns with the labels of the prototypes.
async fn columns(shown: &Shown) -> Result<Vec<Column>, FetchError> {
    let bundle = &shown.bundle;
    let prototypes = &shown.concept.detail.prototypes;
    let points = bundle.all_points().await?;
    let mut columns = Vec::new();
    for (place, column) in bundle.cells.columns.iter().enumerate() {
        let codes = bundle.codes(place, &points).await?;
        let of = prototypes.iter().map(|p| codes.get(p.cell.index()).copied().unwrap_or(NO_LABEL));
        columns.push(Column {
            name: column.name.clone(),
            labels: column.labels.clone(),
            codes: of.collect(),
        });
    }
    Ok(columns)
}
