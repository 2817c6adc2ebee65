//! One prototype and one of its counterfactuals: the counts that were swapped, and what it did.
//!
//! | file | idea |
//! |---|---|
//! | `facts` | the two cells |
//! | `table` | genes by the effect of their swap |

mod facts;
mod table;

use std::sync::Arc;

use cellprism_app::task::samples::Samples;
use leptos::prelude::*;

use super::Shown;
use crate::{bundle::Subject, client::FetchError, components::states::Load, format::count};

/// The pair that is looked at.
#[derive(Clone, Copy)]
struct Pair {
    prototype: RwSignal<usize>,
    near: RwSignal<usize>,
}

/// Choice of a pair, facts, and the table of genes.
pub fn view(shown: &Shown) -> AnyView {
    let n = shown.concept.detail.prototypes.len();
    if n == 0 {
        return ().into_any();
    }
    if let Some(why) = shown.no_counts() {
        return view! {
            <section class="section" id="pairs">
                <header><h2>"A prototype and its counterfactual"</h2></header>
                <p class="na"><b>"Not available"</b>{format!(": {why}")}</p>
            </section>
        }
        .into_any();
    }
    let pair = Pair { prototype: RwSignal::new(0), near: RwSignal::new(0) };
    let samples = fetch(shown);
    let (facts_of, table_of) = (shown.clone(), shown.clone());
    let facts = move || facts::view(&facts_of, pair.prototype.get(), pair.near.get(), samples.get());
    let table = move || match samples.get() {
        Load::Waiting => view! { <p class="small muted" role="status">"Loading the counts …"</p> }.into_any(),
        Load::Failed(error) => {
            let what = format!("{}: {}", error.file, error.what);
            view! { <p class="notice bad" role="alert">{what}</p> }.into_any()
        }
        Load::Ready(samples) => table::view(&table_of, &samples, pair.prototype.get(), pair.near.get()),
    };
    let what = format!(
        "A prototype is one of the {n} strongest cells. Its counterfactual is the nearest cell, in the model’s embedding, with activation exactly 0.{}",
        edge_words(shown)
    );
    view! {
        <section class="section" id="pairs">
            <header><h2>"A prototype and its counterfactual"</h2><p>{what}</p></header>
            <div class="grid">
                <div class="c4 stack-l">
                    <div class="stack">
                        <p class="small muted">"Prototype, most active first"</p>
                        <div class="seg wrapseg" role="group" aria-label="Prototype">{prototypes(shown, pair)}</div>
                    </div>
                    <div class="stack">
                        <p class="small muted">"Counterfactual"</p>
                        <div class="seg wrapseg" role="group" aria-label="Counterfactual">{nears(shown, pair)}</div>
                    </div>
                    {facts}
                </div>
                <div class="c8">{table}</div>
            </div>
        </section>
    }
    .into_any()
}

fn fetch(shown: &Shown) -> RwSignal<Load<Arc<Samples>>> {
    let samples = RwSignal::new(Load::<Arc<Samples>>::Waiting);
    let fetched = shown.clone();
    leptos::task::spawn_local(async move {
        let name = fetched.listing.subject.samples(fetched.row.id);
        let found = fetched.bundle.bytes(&name).await;
        samples.try_set(match found {
            Err(error) => Load::Failed(error),
            Ok(bytes) => match Samples::read(&bytes, fetched.bundle.genes.symbols.len()) {
                Ok(read) => Load::Ready(Arc::new(read)),
                Err(what) => Load::Failed(FetchError { file: name, what }),
            },
        });
    });
    samples
}

/// How many prototypes are at the edge of TopK, and what that means.
fn edge_words(shown: &Shown) -> String {
    let (n, edge) = (shown.concept.detail.prototypes.len() as u32, shown.concept.detail.edge);
    if shown.reading().is_none() {
        String::new()
    } else if shown.listing.subject == Subject::Neurons {
        " A neuron is not chosen among others by TopK, so that none of its cells is at an edge.".to_owned()
    } else if edge == 0 {
        format!(
            " None of the {} is at the edge, where the smallest change would bring another concept before this one.",
            count(n, "prototype")
        )
    } else {
        let verb = if edge == 1 { "is" } else { "are" };
        format!(
            " {edge} of the {n} {verb} at the edge (marked “edge”): the smallest change brings another concept before this one, so its effects are read before that choice."
        )
    }
}

fn prototypes(shown: &Shown, pair: Pair) -> AnyView {
    let button = |(i, p): (usize, &cellprism_core::bundle::Prototype)| {
        let pressed = move || (pair.prototype.get() == i).to_string();
        let choose = move |_| {
            pair.prototype.set(i);
            pair.near.set(0);
        };
        let edge = p.edge.then(|| view! { <span class="edge">"edge"</span> });
        view! { <button aria-pressed=pressed on:click=choose>{i + 1}{edge}</button> }
    };
    shown.concept.detail.prototypes.iter().enumerate().map(button).collect_view().into_any()
}

fn nears(shown: &Shown, pair: Pair) -> AnyView {
    let used = shown.bundle.manifest.parameters.attribution.counterfactuals as usize;
    let known = shown.concept.clone();
    let name = |i: usize| match i {
        0 => "nearest".to_owned(),
        1 => "2nd".into(),
        2 => "3rd".into(),
        _ => format!("{}th", i + 1),
    };
    let button = move |i: usize| {
        let pressed = move || (pair.near.get() == i).to_string();
        view! { <button aria-pressed=pressed on:click=move |_| pair.near.set(i)>{name(i)}</button> }
    };
    (move || {
        let prototype = known.detail.prototypes.get(pair.prototype.get());
        let n = prototype.map_or(0, |p| p.counterfactuals.len().min(used));
        (0..n).map(button).collect_view()
    })
    .into_any()
}

/// Places of the two cells among the samples.
fn places(samples: &Samples, prototype: usize, near: usize) -> Option<(usize, usize)> {
    let other = samples.counterfactuals.get(prototype)?.get(near)?;
    Some((*samples.prototypes.get(prototype)? as usize, *other as usize))
}
