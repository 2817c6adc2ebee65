//! What to train on, and the settings.

use std::sync::Arc;

use cellprism_app::task::train::{MOST_CELLS, MOST_CONCEPTS};
use cellprism_core::{
    bundle::{TrainingEngine, path},
    sae::train::{BATCH, LEARNING_RATE, TrainOptions, default_epochs},
};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlInputElement;

use super::{Shown, State};
use crate::{bundle::Bundle, format::thousands};

/// What is trained on.
#[derive(Clone)]
pub enum Source {
    /// The bundle's cells.
    Bundle,
    /// A file of the reader's: name and content.
    File(String, Arc<[u8]>),
    /// Nothing yet.
    None,
}

/// Form fields, as text until they are read.
#[derive(Clone, Copy)]
pub struct Form {
    /// What is trained on.
    pub source: RwSignal<Source>,
    concepts: RwSignal<String>,
    active: RwSignal<String>,
    epochs: RwSignal<String>,
    rate: RwSignal<String>,
    seed: RwSignal<String>,
}

impl Form {
    /// The published settings, as far as a page can follow them, with another seed.
    pub fn of(bundle: &Bundle) -> Self {
        let published = &bundle.manifest.parameters.sae;
        let source = if bundle.entry(path::EMBEDDINGS).is_some() { Source::Bundle } else { Source::None };
        let concepts = published.concepts.min(MOST_CONCEPTS as u32);
        // Of the training of a given dictionary nothing is known: the command line's defaults.
        let (epochs, rate) = match published.engine {
            TrainingEngine::Given => {
                (default_epochs(bundle.manifest.counts.cells as usize, BATCH), LEARNING_RATE)
            }
            TrainingEngine::Native | TrainingEngine::Onnx => (published.epochs, published.learning_rate),
        };
        Self {
            source: RwSignal::new(source),
            concepts: RwSignal::new(concepts.to_string()),
            active: RwSignal::new(published.active.min(concepts).to_string()),
            epochs: RwSignal::new(epochs.to_string()),
            rate: RwSignal::new(rate.to_string()),
            seed: RwSignal::new(published.seed.wrapping_add(1).to_string()),
        }
    }

    /// Reads the fields.
    pub fn options(self) -> Result<TrainOptions, String> {
        let whole = |field: RwSignal<String>, name: &str, low: u64, high: u64| {
            let typed = field.get_untracked().replace([',', ' '], "");
            let number = typed.parse::<u64>().ok().filter(|n| (low..=high).contains(n));
            number.ok_or_else(|| {
                let (low, high) = (thousands(low), thousands(high));
                format!("{name}: {typed:?} is not a whole number from {low} to {high}")
            })
        };
        let concepts = whole(self.concepts, "Concepts", 1, MOST_CONCEPTS as u64)?;
        let active = whole(self.active, "Active per cell", 1, concepts)?;
        let epochs = whole(self.epochs, "Epochs", 1, 10_000)?;
        let typed = self.rate.get_untracked();
        let rate = typed.trim().parse::<f64>().ok().filter(|rate| *rate > 0.0 && *rate <= 1.0);
        let mut options = TrainOptions::new(concepts as usize, active as usize, epochs as u32);
        options.learning_rate =
            rate.ok_or_else(|| format!("Learning rate: {typed:?} is not above 0 and at most 1"))?;
        options.seed = whole(self.seed, "Seed", 0, u64::MAX)?;
        Ok(options)
    }

    /// The command that trains the same dictionary, bit for bit.
    pub fn command(self, options: &TrainOptions) -> String {
        let file = match self.source.get_untracked() {
            Source::File(name, _) => name,
            Source::Bundle | Source::None => format!("BUNDLE/{}", path::EMBEDDINGS),
        };
        format!(
            "cellprism sae train --embeddings {file} --concepts {} --active {} --epochs {} --learning-rate {} --seed {} \
             --arithmetic portable --out sae",
            options.concepts, options.active, options.epochs, options.learning_rate, options.seed
        )
    }
}

/// The form; `begin` is called when it is sent.
pub fn view<F: Fn() + 'static>(
    bundle: &Arc<Bundle>,
    form: Form,
    shown: Shown,
    begin: F,
) -> impl IntoView + use<F> {
    let p = bundle.manifest.parameters.sae.clone();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        begin();
    };
    let stop = move |_| {
        shown.running.stop();
        shown.state.set(State::Stopped);
    };
    view! {
        <form aria-label="Training" on:submit=send>
            {source(bundle, form)}
            {field("Concepts", form.concepts, p.concepts.to_string(), format!("up to {}", thousands(MOST_CONCEPTS as u64)))}
            {field("Active per cell", form.active, p.active.to_string(), "k of TopK".into())}
            {field("Epochs", form.epochs, p.epochs.to_string(), "passes over the cells".into())}
            {field("Learning rate", form.rate, p.learning_rate.to_string(), "1e-3 is usual".into())}
            {field("Seed", form.seed, p.seed.to_string(), format!("published: {}", p.seed))}
            <div class="row">
                <button class="btn primary" type="submit" data-testid="train" disabled=move || shown.is_busy()>"Train"</button>
                <button class="btn" type="button" data-testid="stop" disabled=move || !shown.is_busy() on:click=stop>"Stop"</button>
            </div>
        </form>
    }
}

fn field(title: &'static str, value: RwSignal<String>, published: String, hint: String) -> AnyView {
    let changed = move || value.with(|value| *value != published);
    let typed = move |e| value.set(event_target_value(&e));
    view! {
        <label class="field">
            <span>{title}</span>
            <input class="num" inputmode="decimal" class:changed=changed prop:value=move || value.get() on:input=typed />
            <span class="hint">{hint}</span>
        </label>
    }
    .into_any()
}

/// The choice between the bundle's cells and a file.
fn source(bundle: &Arc<Bundle>, form: Form) -> impl IntoView + use<> {
    let has_own = bundle.entry(path::EMBEDDINGS).is_some();
    let own = if has_own {
        let (cells, size) = (bundle.manifest.counts.cells, bundle.manifest.counts.embedding);
        let is = move || matches!(form.source.get(), Source::Bundle);
        let choose = move |_| form.source.set(Source::Bundle);
        view! {
            <label class="row small">
                <input type="radio" name="source" prop:checked=is on:change=choose />
                {format!("This bundle’s {} cells ({size} dimensions)", thousands(cells))}
            </label>
        }
        .into_any()
    } else {
        let why = ", their embeddings are too large to be published with it";
        view! { <p class="small na"><b>"The bundle’s cells: not available"</b>{why}</p> }.into_any()
    };
    let chosen = move || match form.source.get() {
        Source::File(name, bytes) => format!("{name}, {} bytes", thousands(bytes.len() as u64)),
        Source::Bundle | Source::None => {
            format!(
                "tensor “embeddings” [cells, dimensions], as cellprism embed writes it; up to {} cells",
                thousands(MOST_CELLS as u64)
            )
        }
    };
    let choose = move |event: leptos::ev::Event| {
        let input: HtmlInputElement = event_target(&event);
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        leptos::task::spawn_local(async move {
            if let Ok(buffer) = JsFuture::from(file.array_buffer()).await {
                let bytes: Arc<[u8]> = js_sys::Uint8Array::new(buffer.unchecked_ref()).to_vec().into();
                form.source.try_set(Source::File(file.name(), bytes));
            }
        });
    };
    view! {
        <fieldset class="source"><legend>"Train on"</legend>
            {own}
            <label class="field">
                <span>"A safetensors file of embeddings"</span>
                <input type="file" accept=".safetensors" data-testid="embeddings" on:change=choose />
                <span class="hint">{chosen}</span>
            </label>
        </fieldset>
    }
}
