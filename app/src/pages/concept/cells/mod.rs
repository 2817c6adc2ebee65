//! A: which cells activate it.
//!
//! | file | idea |
//! |---|---|
//! | `labels` | every column: labels with their own share of the data |
//! | `examples` | cells from both ends and the middle |
//! | `csv` | every active cell by its barcode |

mod csv;
mod examples;
mod labels;

use std::sync::Arc;

use cellprism_figures::{Bars, Panel};
use leptos::prelude::*;

use super::Shown;
use crate::{
    bundle::Points,
    components::{
        cell_map::{CellMap, Colouring, Filter, Key, LabelKey, Live, codes_of, ramp},
        figure_menu::{self, Behind},
        points::Drawn,
    },
    format::thousands,
    plots,
};

/// Map, histogram, examples, labels.
pub fn view(shown: &Shown) -> AnyView {
    // The first cells of a large bundle, until all are asked for.
    let cells = RwSignal::new(shown.clone());
    view! {
        <section class="section" id="cells">
            <header>
                <h2><span class="letter">"A"</span>"Which cells activate it"</h2>
                <p>"Shares stand beside each label’s own share of the data: a label that fills the data anyway says nothing."</p>
            </header>
            <div class="grid">
                {map(shown, cells)}
                <div class="c6 stack-l">{strength(shown)}{move || examples::view(&cells.get(), cells)}</div>
            </div>
            {labels::view(shown)}
        </section>
    }
    .into_any()
}

/// Active cells with their activations, strongest first.
pub fn strongest_first(shown: &Shown) -> Vec<(u32, f32)> {
    let concept = &shown.concept;
    let mut cells: Vec<(u32, f32)> =
        concept.cells.iter().copied().zip(concept.activations.iter().copied()).collect();
    cellprism_core::order::sort_by(&mut cells, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    cells
}

fn map(shown: &Shown, cells: RwSignal<Shown>) -> AnyView {
    let by = RwSignal::new(None::<usize>);
    let drawn = Drawn::new(&shown.bundle);
    let points: Signal<Arc<Points>> = drawn.points.into();
    let active = Memo::new(move |_| Arc::new(cells.with(strongest_first)));
    // Complete activations for complete cells; where they do not come, nothing is said of the cells.
    Effect::new(move || {
        if points.with(|points| points.are_all()) && !cells.with_untracked(|shown| shown.concept.exact) {
            cells.get_untracked().with_exact(move |exact| {
                cells.try_set(exact.clone());
            });
        }
    });
    let max = shown.concept.detail.max;
    let least = active.with_untracked(|active| active.last().map_or(0.0, |least| least.1));
    let codes = codes_of(&shown.bundle, points, by.into());
    let filter = RwSignal::new(Filter::All);
    let whole = shown.bundle.points().are_all();
    let colouring = Signal::derive(move || match by.get() {
        None if whole || cells.with(|shown| shown.concept.exact) || !points.with(|p| p.are_all()) => {
            Colouring::Activation(active.get())
        }
        None => Colouring::Unknown,
        Some(_) => {
            codes.get().map_or(Colouring::Unknown, |(c, codes)| Colouring::Column(c, codes, filter.get()))
        }
    });
    let choice = |name: String, column: Option<usize>| {
        let pressed = move || (by.get() == column).to_string();
        let choose = move |_| {
            filter.set(Filter::All);
            by.set(column);
        };
        view! { <button aria-pressed=pressed on:click=choose>{name}</button> }
    };
    let columns = shown.bundle.cells.columns.iter().enumerate().take(3);
    let columns = columns.map(|(i, c)| choice(c.name.replace('_', " "), Some(i))).collect_view();
    let source = shown.bundle.cells.umap.as_ref().map(|u| format!("map {}. ", u.source)).unwrap_or_default();
    let label = format!(
        "Map of {} cells coloured by activation of {}",
        shown.bundle.manifest.counts.cells,
        shown.name()
    );
    let keyed = shown.bundle.clone();
    // The key of what colours the map, and of nothing else.
    let key = move || match by.get() {
        None => ramp(least, max),
        Some(column) => match Key::labels(&keyed, column) {
            Key::Labels(labels) => {
                view! { <div class="mapkey"><LabelKey labels=labels filter=filter /></div> }.into_any()
            }
            _ => ().into_any(),
        },
    };
    view! {
        <figure class="fig c6">
            <header><div class="seg" role="group" aria-label="Colour cells by">{choice("Activation".into(), None)}{columns}</div></header>
            <CellMap bundle=shown.bundle.clone() points=points colouring=colouring label=label live=Live::in_address() />
            {key}
            <figcaption>
                "Each dot is a cell; "{source}"Most active cells are drawn last. Grey cells have activation exactly 0. "
                {drawn.note(&shown.bundle)}
            </figcaption>
        </figure>
    }
    .into_any()
}

fn strength(shown: &Shown) -> AnyView {
    let detail = &shown.concept.detail;
    let zero = shown.bundle.manifest.counts.cells.saturating_sub(detail.cells);
    let title = format!("Activation (no unit); {} cells at exactly 0 are not drawn", thousands(zero));
    let step = f64::from(detail.max) / detail.histogram.len().max(1) as f64;
    let edge = |i: usize| (i as f64 * step).to_string();
    let bins = detail.histogram.iter().enumerate();
    let rows: Vec<Vec<String>> = bins.map(|(i, n)| vec![edge(i), edge(i + 1), n.to_string()]).collect();
    let counts: Vec<f64> = detail.histogram.iter().map(|&n| f64::from(n)).collect();
    let (x_title, range) = (title.clone(), (0.0, f64::from(detail.max)));
    let chart = move || {
        Panel::Bars(Bars { x_title: x_title.clone(), y_title: "Cells".into(), counts: counts.clone(), range })
    };
    let what = format!("Activation of {}", shown.name());
    let header = ["from", "to", "cells"];
    let behind = Behind::new(shown.file("histogram"), what, &header, move || rows.clone(), chart);
    let label = format!(
        "Histogram of the activation of {} cells, mean {:.2}, largest {:.2}",
        detail.cells, detail.mean, detail.max
    );
    view! {
        <figure class="fig">
            <header><h3>"How strongly"</h3>{figure_menu::view(behind)}</header>
            {plots::histogram(&detail.histogram, f64::from(detail.max), &title, label)}
        </figure>
    }
    .into_any()
}
