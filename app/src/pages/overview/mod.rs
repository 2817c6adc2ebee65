//! What the bundle is: model, cells, dictionary; what its readings say; where to start.
//!
//! | file | part |
//! |---|---|
//! | `head` | title and ways in |
//! | `verdict` | what all readings together say, and what chance says |
//! | `strip` | four figures |
//! | `cells`, `legend` | the map of cells |
//! | `classes`, `specific` | concepts by class, and by kind of cell |
//! | `start` | the most certain concepts |
//! | `metrics` | how well the dictionary rebuilds the embedding |
//! | `provenance` | where this comes from |

mod cells;
mod classes;
mod head;
mod legend;
mod metrics;
mod provenance;
mod specific;
mod start;
mod strip;
mod verdict;

use cellprism_core::bundle::ConceptRow;
use leptos::prelude::*;

pub use verdict::calibration_words;

use super::baseline;
use crate::bundle::{self, Bundle};

/// The start page.
#[component]
pub fn Overview() -> impl IntoView {
    let bundle = bundle::current();
    view! {
        {head::view(&bundle)}
        {verdict::view(&bundle)}
        {strip::view(&bundle)}
        {start::view(&bundle)}
        <section class="section"><div class="grid">
            <cells::CellsFigure bundle=bundle.clone() />
            <div class="c4 stack-l">{classes::view(&bundle)}{specific::view(&bundle)}</div>
        </div></section>
        {baseline::view(&bundle)}
        {metrics::view(&bundle)}
        {provenance::view(&bundle)}
    }
}

/// Rows with enough cells to be classified.
fn tested(bundle: &Bundle) -> impl Iterator<Item = &ConceptRow> {
    let least = bundle.manifest.parameters.specificity.min_cells;
    bundle.concepts.index.rows.iter().filter(move |r| r.cells >= least)
}
