//! What is read of a concept beyond the paper, and where it goes: the details, the arrays, the row of the index.

use std::ops::ControlFlow;

use anyhow::Context as _;
use cellprism_core::{
    attribution::{Attribution, Perturb},
    bundle::{ConceptArrays, ConceptDetail, ConceptRow, Maybe},
    concepts::ActiveCells,
    ids::CellId,
    readings::{
        ConceptReading, ConceptRequest, claims::individuals, held_out_curves, held_out_orders, read_concept,
        title_cells, title_parts,
    },
    stats::differential::Differential,
};

use super::{compared::Compared, context::Context, subject::Subject};

/// Reads a concept.
///
/// # Errors
/// If the model cannot be run.
pub fn read(
    context: &Context,
    subject: &Subject,
    compared: &Compared,
    swaps: &dyn Perturb,
    attribution: &Attribution,
    test: Option<&Differential>,
) -> anyhow::Result<Option<ConceptReading>> {
    let Some(parameters) = &context.parameters.reading else { return Ok(None) };
    let active = subject.activations.of(compared.concept);
    let no_label = no_label(context, active);
    let counterfactuals = context.parameters.attribution.counterfactuals as usize;
    let request = ConceptRequest {
        model: swaps,
        reader: &subject.reader,
        concept: compared.concept,
        cells: &compared.cells,
        attribution,
        further: &compared.further,
        counterfactuals,
        symbols: &context.symbols,
        sets: &context.sets,
        enrichment: &context.parameters.enrichment,
        deck: &context.deck,
        reading: parameters,
        tests: subject.tests(context.parameters.specificity.min_cells),
        no_label: no_label.as_deref(),
    };
    let mut found = read_concept(request, &mut |_| ControlFlow::Continue(())).context("reading")?;
    found.reading.faithful = if context.is_dear {
        Maybe::missing("every point of a curve would be a pass of the whole model")
    } else {
        let cells = compared.further.held_out.as_ref().unwrap_or(&compared.cells);
        let orders = held_out_orders(&attribution.scores, &found.nearest.presence, test);
        let random = (2, parameters.seed);
        Maybe::Value(held_out_curves(
            swaps,
            &subject.reader,
            compared.concept,
            cells,
            &orders,
            counterfactuals,
            random,
        )?)
    };
    Ok(Some(found))
}

/// Why no label is looked for, where none is.
pub fn no_label(context: &Context, active: &ActiveCells) -> Option<String> {
    let least = context.parameters.specificity.min_cells;
    if context.sets.is_empty() {
        Some("no gene sets were given".into())
    } else if active.len() < least as usize {
        Some(format!("{} active cells; computed from {least} on", active.len()))
    } else {
        None
    }
}

/// Puts a reading into the details, the arrays and the row; what depends on other concepts is settled later.
pub fn fill(
    context: &Context,
    active: &ActiveCells,
    found: ConceptReading,
    row: &mut ConceptRow,
    detail: &mut ConceptDetail,
    arrays: &mut ConceptArrays,
) {
    let Some(parameters) = &context.parameters.reading else { return };
    arrays.carried_by_presence = found.carried.presence;
    arrays.carried_by_absence = found.carried.absence;
    (arrays.scores_presence, arrays.scores_absence) = (found.nearest.presence, found.nearest.absence);
    if let Some(typical) = found.typical {
        (arrays.scores_typical_presence, arrays.scores_typical_absence) = (typical.presence, typical.absence);
    }
    detail.edge = found.edge.iter().filter(|edge| **edge).count() as u32;
    for (prototype, edge) in detail.prototypes.iter_mut().zip(&found.edge) {
        prototype.edge = *edge;
    }
    let prototypes: Vec<CellId> = detail.prototypes.iter().map(|prototype| prototype.cell).collect();
    let cells = title_cells(active, &prototypes, &context.columns, individuals(), parameters);
    let reading = found.reading;
    row.title_parts =
        title_parts(cells, |side| reading.side(side).genes.clone(), reading.headline, &found.labels);
    row.labels = found.labels;
    detail.reading = Maybe::Value(reading);
}
