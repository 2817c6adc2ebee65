//! The key beside the map, and why there may be none.

use std::sync::Arc;

use cellprism_core::bundle::Maybe;
use leptos::prelude::*;

use crate::{
    bundle::Bundle,
    components::{
        cell_map::{Amounts, Colouring, Filter, Key, LabelKey, ramp},
        states::Load,
        title,
    },
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
}

impl By {
    /// "C12", "CD3D".
    fn name(&self, bundle: &Bundle) -> String {
        match self {
            Self::Column(_) => String::new(),
            Self::Concept(id) => format!("C{id}"),
            Self::Gene(place) => bundle.genes.symbols.get(*place).cloned().unwrap_or_default(),
        }
    }
}

/// The key of what is asked for; of amounts as they were found.
pub fn view(
    bundle: &Arc<Bundle>,
    by: &By,
    found: &Load<Maybe<Amounts>>,
    filter: RwSignal<Filter>,
) -> AnyView {
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
        Load::Ready(Maybe::Missing { not_available }) => view! {
            <p class="small"><b>{format!("{name}: not available")}</b>": "{not_available.clone()}"."</p>
        }
        .into_any(),
        Load::Ready(Maybe::Value(amounts)) => numbers(bundle, by, amounts),
    }
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
            <p class="caption">"Dark: strong. Grey: exactly 0."</p>
        </div>
    }
    .into_any()
}
