//! The key beside the map, and why there may be none.

use std::sync::Arc;

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
}

/// The key of what is asked for; of amounts as they were found.
pub fn view(bundle: &Arc<Bundle>, by: &By, found: &Load<Amounts>, filter: RwSignal<Filter>) -> AnyView {
    let amounts = match (by, found) {
        (By::Column(column), _) => {
            return match Key::labels(bundle, *column) {
                Key::Labels(labels) => view! { <LabelKey labels=labels filter=filter /> }.into_any(),
                _ => ().into_any(),
            };
        }
        (By::Concept(id), Load::Failed(error)) => {
            let what = format!("The activations of C{id} could not be loaded; the map shows none: {}", error.what);
            let again = |_| {
                let _ = window().location().reload();
            };
            return view! { <div class="notice bad" role="alert"><p>{what}</p><p><button class="btn" on:click=again>"Try again"</button></p></div> }
                .into_any();
        }
        (By::Concept(id), Load::Waiting) => {
            return view! { <p class="small muted" role="status">{format!("Loading C{id} …")}</p> }.into_any();
        }
        (By::Concept(_), Load::Ready(amounts)) => amounts,
    };
    let By::Concept(id) = by else { return ().into_any() };
    let row = bundle.row(*id).map(title::view);
    let numbers = match Key::of(bundle, &Colouring::Activation(amounts.clone())) {
        Key::Ramp { least, most, .. } => ramp(least, most),
        _ => ().into_any(),
    };
    view! {
        <div class="legend">
            <p class="small muted"><a href=format!("#/concept/{id}")>{format!("Activation of C{id}")}</a></p>
            <p class="small">{row}</p>
            {numbers}
            <p class="caption">"Dark: strong. Grey: exactly 0."</p>
        </div>
    }
    .into_any()
}
