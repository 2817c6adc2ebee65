//! C: which pathways the genes of each side belong to.
//!
//! | file | idea |
//! |---|---|
//! | `table` | the sets of one side, and how certain each is |
//! | `chosen` | a set's running sum and genes; what chance earns |
//! | `running` | the running sum of a set along a ranking |
//! | `csv` | the sets of both sides as a file |

mod chosen;
mod csv;
pub mod running;
mod table;

use cellprism_core::bundle::{Maybe, Reading, Side, SideEnrichment};
use leptos::prelude::*;

use super::{Shown, paper};
use crate::{
    format::{percent, thousands},
    pages::overview::calibration_words,
};

/// The set that is looked at.
pub type Chosen = RwSignal<Option<(Side, usize)>>;

/// The section.
pub fn view(shown: &Shown, reading: &Reading) -> AnyView {
    let parameters = shown.bundle.manifest.parameters.reading.clone().unwrap_or_default();
    let what = format!(
        "Enrichment of each list apart, over all libraries together. “Stands” means: after asking this of {} lists, two a {}, no more than {} of such labels are expected from chance.",
        thousands(shown.listing.index.side_tests),
        shown.listing.subject.one(),
        percent(parameters.survives)
    );
    let chosen: Chosen = RwSignal::new(first(reading));
    let detail = {
        let (shown, reading) = (shown.clone(), reading.clone());
        move || chosen.get().and_then(|(side, place)| chosen::view(&shown, &reading, side, place))
    };
    view! {
        <section class="section" id="pathways">
            <header><h2><span class="letter">"C"</span>"Which pathways those genes belong to"</h2><p>{what}</p></header>
            <div class="grid">
                {side(shown, reading, Side::Presence, chosen)}
                {side(shown, reading, Side::Absence, chosen)}
            </div>
            {detail}
            <p class="caption">{calibration_words(&shown.listing.index)}</p>
            <div class="row contrast">{paper::fold_pathways(shown)}</div>
        </section>
    }
    .into_any()
}

/// The sets of a side, where it was tested.
pub fn enrichment(reading: &Reading, side: Side) -> Option<&SideEnrichment> {
    reading.side(side).enrichment.as_ref()?.value()
}

/// The best set of the side where chance does as well least often.
fn first(reading: &Reading) -> Option<(Side, usize)> {
    let chance = |side: Side| Some((side, enrichment(reading, side)?.sets.first()?.chance));
    let best = Side::BOTH.into_iter().filter_map(chance).min_by(|a, b| a.1.total_cmp(&b.1));
    best.map(|(side, _)| (side, 0))
}

fn side(shown: &Shown, reading: &Reading, side: Side, chosen: Chosen) -> AnyView {
    let title = match side {
        Side::Presence => "Of what its cells have",
        Side::Absence => "Of what its cells lack",
    };
    let inside = match &reading.side(side).enrichment {
        Some(Maybe::Value(found)) => table::view(shown, found, side, chosen),
        Some(Maybe::Missing { not_available }) => not_tested(not_available),
        None => not_tested("it was not tested"),
    };
    let csv_of = (shown.clone(), reading.clone());
    view! {
        <figure class="fig c6">
            <header>
                <h3>{title}</h3>
                <span class="tools"><button on:click=move |_| csv::download(&csv_of.0, &csv_of.1)>"CSV"</button></span>
            </header>
            {inside}
        </figure>
    }
    .into_any()
}

fn not_tested(why: &str) -> AnyView {
    view! { <p class="na"><b>"Not available"</b>{format!(": {why}")}</p> }.into_any()
}
