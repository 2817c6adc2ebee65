//! The key beside the map.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    bundle::Bundle,
    components::{states::Load, title},
    format::thousands,
};

/// Labels listed.
const MOST: usize = 20;

/// Active cells with their activations.
pub type Active = Arc<Vec<(u32, f32)>>;

/// The ramp of a concept, or why there is nothing to see.
pub fn activation(id: u32, found: &Load<Active>) -> AnyView {
    match found {
        Load::Failed(error) => {
            let what =
                format!("The activations of C{id} could not be loaded; the map shows none: {}", error.what);
            let again = |_| {
                let _ = window().location().reload();
            };
            view! { <div class="notice bad" role="alert"><p>{what}</p><p><button class="btn" on:click=again>"Try again"</button></p></div> }
                .into_any()
        }
        Load::Waiting => {
            view! { <p class="small muted" role="status">{format!("Loading C{id} …")}</p> }.into_any()
        }
        Load::Ready(_) => ramp(id),
    }
}

fn ramp(id: u32) -> AnyView {
    let row = crate::bundle::current().row(id).map(title::view);
    view! {
        <div class="legend">
            <p class="small muted"><a href=format!("#/concept/{id}")>{format!("Activation of C{id}")}</a></p>
            <p class="small">{row}</p>
            <div class="rampkey"><div class="ramp" style="flex:1"></div></div>
            <p class="caption">"Dark: strong. Grey: exactly 0."</p>
        </div>
    }
    .into_any()
}

/// Labels of a column, most cells first; one of them can be brought forward.
pub fn labels(bundle: &Bundle, column: usize, forward: RwSignal<Option<u16>>) -> AnyView {
    let Some(found) = bundle.cells.columns.get(column) else { return ().into_any() };
    let cells = |i: usize| found.counts.get(i).copied().unwrap_or(0);
    let mut order: Vec<usize> = (0..found.labels.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(cells(i)));
    let more = order.len().saturating_sub(MOST);
    let item = |i: usize| {
        let code = i as u16;
        let toggle = move |_| forward.update(|f| *f = if *f == Some(code) { None } else { Some(code) });
        let pressed = move || (forward.get() == Some(code)).to_string();
        let swatch = format!("--c:{}", bundle.colours[column][i]);
        view! {
            <li><button class="lg" aria-pressed=pressed on:click=toggle>
                <i class="swatch" style=swatch></i><span>{found.labels[i].clone()}</span>
                <span class="n faint">{thousands(cells(i))}</span>
            </button></li>
        }
    };
    let items = order.into_iter().take(MOST).map(item).collect_view();
    view! {
        <ul class="legend" aria-label="Labels, number of cells">
            {items}{(more > 0).then(|| view! { <li class="small faint">{format!("and {more} more")}</li> })}
        </ul>
    }
    .into_any()
}
