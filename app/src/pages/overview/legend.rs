//! The key beside the map, and why there may be none.

use std::sync::Arc;

use cellprism_core::bundle::Maybe;
use leptos::prelude::*;

use crate::{
    bundle::{Bundle, Codes},
    components::{
        cell_map::{Amounts, Colouring, Filter, Key, LabelKey, Span, number_ramp, ramp},
        states::Load,
        title,
    },
    format::{count, significant},
};

/// What colours the map.
#[derive(Clone, Debug, PartialEq)]
pub enum By {
    /// A column, by its place.
    Column(usize),
    /// A concept's activation.
    Concept(u32),
    /// A gene's counts, by its place.
    Gene(usize),
    /// A measurement, by its place.
    Number(usize),
}

/// What was found of it.
#[derive(Clone, Debug)]
pub enum Found {
    /// Activations or counts, or why there are none.
    Amounts(Maybe<Amounts>),
    /// Codes of a measurement.
    Number(Codes),
}

impl By {
    /// "C12", "CD3D".
    fn name(&self, bundle: &Bundle) -> String {
        match self {
            Self::Column(_) => String::new(),
            Self::Concept(id) => format!("C{id}"),
            Self::Number(place) => {
                bundle.cells.numbers.get(*place).map_or_else(String::new, |c| c.name.replace('_', " "))
            }
            Self::Gene(place) => bundle.genes.symbols.get(*place).cloned().unwrap_or_default(),
        }
    }
}

/// The key of what is asked for; of amounts as they were found.
pub fn view(bundle: &Arc<Bundle>, by: &By, found: &Load<Found>, filter: RwSignal<Filter>) -> AnyView {
    if let By::Column(column) = by {
        return match Key::labels(bundle, *column) {
            Key::Labels(labels) => view! { <LabelKey labels=labels filter=filter /> }.into_any(),
            _ => ().into_any(),
        };
    }
    let name = by.name(bundle);
    match found {
        Load::Failed(error) => {
            let what = format!("{name} could not be loaded; the map shows no values: {}", error.what);
            let again = |_| {
                let _ = window().location().reload();
            };
            view! { <div class="notice bad" role="alert"><p>{what}</p><p><button class="btn" on:click=again>"Try again"</button></p></div> }
                .into_any()
        }
        Load::Waiting => {
            view! { <p class="small muted" role="status">{format!("Loading {name} …")}</p> }.into_any()
        }
        Load::Ready(Found::Number(codes)) => measured(bundle, by, codes),
        Load::Ready(Found::Amounts(Maybe::Missing { not_available })) => view! {
            <p class="small"><b>{format!("{name}: not available")}</b>": "{not_available.clone()}"."</p>
        }
        .into_any(),
        Load::Ready(Found::Amounts(Maybe::Value(amounts))) => numbers(bundle, by, amounts),
    }
}

/// The key of a measurement: its ramp, its whole range, and what the colours leave out.
fn measured(bundle: &Arc<Bundle>, by: &By, codes: &Codes) -> AnyView {
    let By::Number(place) = by else { return ().into_any() };
    let Some(column) = bundle.cells.numbers.get(*place) else { return ().into_any() };
    let Key::Numbers { title, low, high, missing } = Key::numbers(bundle, *place, Span::of(codes)) else {
        return ().into_any();
    };
    let cut = (low.1 || high.1)
        .then_some(" The lowest and the highest hundredth of the cells have the colours of the ends.");
    let none = (missing > 0).then(|| format!(" Grey: no value, {}.", count(missing, "cell")));
    let range = format!("{} to {} in all cells.", significant(column.least), significant(column.most));
    view! {
        <div class="legend" data-testid="number-key">
            <p class="small">{title}</p>
            {number_ramp(low, high)}
            <p class="caption">{range}{cut}{none}</p>
        </div>
    }
    .into_any()
}

fn numbers(bundle: &Arc<Bundle>, by: &By, amounts: &Amounts) -> AnyView {
    let key = match Key::of(bundle, &Colouring::Activation(amounts.clone())) {
        Key::Ramp { least, most, .. } => ramp(least, most),
        _ => ().into_any(),
    };
    let name = by.name(bundle);
    let head = match by {
        By::Concept(id) => view! {
            <p class="small muted"><a href=format!("#/concept/{id}")>{format!("Activation of {name}")}</a></p>
            <p class="small">{bundle.row(*id).map(title::view)}</p>
        }
        .into_any(),
        _ => view! { <p class="small"><a class="gene" href=format!("#/gene/{name}")>{name.clone()}</a>", counts"</p> }.into_any(),
    };
    view! {
        <div class="legend">
            {head}
            {key}
            <p class="caption">"Strongest at the right end. Grey: exactly 0."</p>
        </div>
    }
    .into_any()
}
