//! One prototype and one of its counterfactuals: the counts that were swapped, and what it did.
//!
//! | file | idea |
//! |---|---|
//! | `counts` | the cells' counts, a file that is fetched once the reader comes near |
//! | `facts` | the two cells |
//! | `table` | genes by the effect of their swap |

mod counts;
mod facts;
mod table;

use cellprism_app::task::samples::Samples;
use leptos::prelude::*;

use super::Shown;
use crate::{bundle::Subject, components::near::when_near, format::count};

use counts::Counts;

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
    let counts = Counts::new(shown);
    let place = NodeRef::<leptos::html::Section>::new();
    Effect::new(move || {
        if let Some(section) = place.get() {
            when_near(&section, move || counts.ask());
        }
    });
    let (facts_of, table_of) = (shown.clone(), shown.clone());
    let facts = move || facts::view(&facts_of, pair.prototype.get(), pair.near.get(), &counts.state.get());
    let table = move || table::view(&table_of, counts, pair.prototype.get(), pair.near.get());
    let what = format!(
        "A prototype is one of the {n} strongest cells. Its counterfactual is the nearest cell, in the model’s embedding, with activation exactly 0.{}",
        edge_words(shown)
    );
    view! {
        <section class="section" id="pairs" node_ref=place>
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
