//! Which concepts are active in the cells, beside how often they are in the bundle's own.

use std::sync::Arc;

use cellprism_app::task::own::tally::ConceptTally;
use leptos::prelude::*;

use super::Found;
use crate::{
    browser,
    bundle::{Bundle, Subject},
    components::title,
    format::{percent, significant, thousands, times},
};

/// Concepts shown at first.
const FIRST: usize = 12;
/// Fewest active cells of a concept that is ordered by its ratio: less is chance.
const FEWEST: u32 = 5;

/// How concepts are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By the share of the cells.
    Share,
    /// By how many times the bundle's share that is.
    Ratio,
}

/// Share of the reader's cells, of the bundle's, and their ratio where the bundle has any.
pub struct Shares {
    pub here: f64,
    pub there: f64,
    pub ratio: Option<f64>,
}

impl Shares {
    pub fn of(bundle: &Bundle, found: &Found, concept: u32) -> Self {
        let here = f64::from(tally(found, concept).active) / (found.answer.cells as f64).max(1.0);
        let cells = f64::from(bundle.manifest.counts.cells.max(1));
        let there = bundle.row(concept).map_or(0.0, |row| f64::from(row.cells) / cells);
        Self { here, there, ratio: (there > 0.0).then(|| here / there) }
    }
}

/// What is known of a concept in the cells.
pub fn tally(found: &Found, concept: u32) -> ConceptTally {
    found.answer.concepts.get(concept as usize).copied().unwrap_or_default()
}

/// Active concepts in order.
pub fn in_order(bundle: &Bundle, found: &Found, order: Order) -> Vec<u32> {
    let active = |concept: &u32| tally(found, *concept).active > 0;
    let mut all: Vec<u32> = (0..found.answer.concepts.len() as u32).filter(active).collect();
    let key = |&concept: &u32| {
        let (shares, tally) = (Shares::of(bundle, found, concept), tally(found, concept));
        match order {
            Order::Share => shares.here,
            Order::Ratio if tally.active < FEWEST => -1.0,
            Order::Ratio => shares.ratio.unwrap_or(f64::MAX),
        }
    };
    cellprism_core::order::sort_by(&mut all, |a, b| key(b).total_cmp(&key(a)).then(a.cmp(b)));
    all
}

/// The table; a chosen concept is the one whose labels are shown.
pub fn view(bundle: &Arc<Bundle>, found: &Arc<Found>, chosen: RwSignal<u32>) -> AnyView {
    let order = RwSignal::new(Order::Share);
    let all = RwSignal::new(false);
    let n = found.answer.concepts.iter().filter(|tally| tally.active > 0).count();
    let (of, table_of, csv_of) = (bundle.clone(), found.clone(), (bundle.clone(), found.clone()));
    let rows = move || {
        let concepts = in_order(&of, &table_of, order.get());
        let shown = if all.get() { n } else { FIRST.min(n) };
        concepts[..shown].iter().map(|&concept| row(&of, &table_of, concept, chosen)).collect_view()
    };
    let choice = move |name: &'static str, own: Order| {
        let pressed = move || (order.get() == own).to_string();
        view! { <button type="button" aria-pressed=pressed on:click=move |_| order.set(own)>{name}</button> }
    };
    let more = move || {
        if all.get() {
            format!("Show the first {FIRST}")
        } else {
            format!("Show all {}", thousands(n as u64))
        }
    };
    view! {
        <section class="section" id="active">
            <header><h2>"What is active in these cells"</h2></header>
            <figure class="fig">
                <header>
                    <div class="seg" role="group" aria-label="Order by">
                        {choice("Share here", Order::Share)}{choice("Against the bundle", Order::Ratio)}
                    </div>
                    <span class="tools"><button on:click=move |_| csv(&csv_of.0, &csv_of.1)>"CSV"</button></span>
                </header>
                <div class="scroll" tabindex="0" role="region" aria-label="Concepts active in these cells">
                    <table class="tight" data-testid="own-concepts">
                        <thead><tr>
                            <th>"Concept"</th><th class="n">"Active cells"</th><th class="n">"Share here"</th>
                            <th class="n">"Share in the bundle"</th><th class="n">"Ratio"</th>
                            <th class="n">"Mean where active"</th><th>"Labels"</th>
                        </tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
                {(n > FIRST).then(|| view! {
                    <p class="more"><button class="btn quiet" aria-expanded=move || all.get().to_string()
                        on:click=move |_| all.update(|a| *a = !*a)>{more}</button></p>
                })}
                <figcaption>{format!(
                    "Share: cells in which the concept is active, of all. The bundle’s are the cells that the dictionary was made of; \
                     another mixture of cell types moves shares, too. Against the bundle: concepts with at least {FEWEST} active cells first."
                )}</figcaption>
            </figure>
        </section>
    }
    .into_any()
}

fn row(bundle: &Bundle, found: &Found, concept: u32, chosen: RwSignal<u32>) -> AnyView {
    let (tally, shares) = (tally(found, concept), Shares::of(bundle, found, concept));
    let name = bundle.row(concept).map(title::view);
    let ratio = shares.ratio.map_or_else(|| "new".to_owned(), times);
    let mean = tally.sum / f64::from(tally.active.max(1));
    let current = move || (chosen.get() == concept).then_some("true");
    let pressed = move || (chosen.get() == concept).to_string();
    let label = format!("Labels of C{concept}");
    view! {
        <tr aria-current=current data-concept=concept.to_string()>
            <td><a href=Subject::Concepts.link(concept)>{format!("C{concept}")}</a>" "{name}</td>
            <td class="n">{thousands(tally.active)}</td>
            <td class="n"><b>{percent(shares.here)}</b></td>
            <td class="n faint">{percent(shares.there)}</td>
            <td class="n">{ratio}</td>
            <td class="n">{significant(mean)}</td>
            <td><button class="plain nowrap" type="button" aria-pressed=pressed aria-label=label on:click=move |_| chosen.set(concept)>"by label"</button></td>
        </tr>
    }
    .into_any()
}

fn csv(bundle: &Bundle, found: &Found) {
    let rows = in_order(bundle, found, Order::Share).into_iter().map(|concept| {
        let (tally, shares) = (tally(found, concept), Shares::of(bundle, found, concept));
        let name = bundle.row(concept).map(title::text).unwrap_or_default();
        vec![
            concept.to_string(),
            name,
            tally.active.to_string(),
            shares.here.to_string(),
            shares.there.to_string(),
            shares.ratio.map(|ratio| ratio.to_string()).unwrap_or_default(),
            (tally.sum / f64::from(tally.active.max(1))).to_string(),
            tally.max.to_string(),
        ]
    });
    let header = [
        "concept",
        "title",
        "active_cells",
        "share_here",
        "share_in_bundle",
        "ratio",
        "mean_where_active",
        "max",
    ];
    browser::download_csv("concepts.csv", &header, rows.collect::<Vec<_>>());
}
