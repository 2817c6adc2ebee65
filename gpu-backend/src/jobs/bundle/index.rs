//! The index of concepts or neurons: where they lie on their map, and what all readings together say.

use cellprism_core::{
    attribution::{ScreenOutcome, together},
    bundle::{Calibration, CalibrationSubject, ConceptClass, ConceptIndex, ConceptRow},
    readings::verdict::{DictionaryFacts, of_dictionary},
    stats::layout::{LayoutOptions, layout},
};
use ndarray::Array2;

use super::{context::Context, inputs::Inputs, settle::Settled};

/// Puts active concepts on a map by the directions of their dictionary rows; says how.
pub fn place_concepts(context: &Context, rows: &mut [ConceptRow]) -> Option<String> {
    let active: Vec<usize> =
        rows.iter().filter(|r| r.class != ConceptClass::Dead).map(|r| r.id.index()).collect();
    if active.len() < 3 {
        return None;
    }
    let dictionary = &context.concepts.weights.w_dec;
    let mut directions = Array2::zeros((active.len(), dictionary.ncols()));
    for (to, &concept) in active.iter().enumerate() {
        let row = dictionary.row(concept);
        let norm = row.iter().map(|v| v * v).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        directions.row_mut(to).assign(&row.mapv(|v| v / norm));
    }
    for (&concept, xy) in active.iter().zip(layout(directions.view(), LayoutOptions::default())) {
        rows[concept].xy = Some(xy);
    }
    Some("UMAP of the directions of dictionary rows (15 neighbours, cosine)".into())
}

/// What all readings together say.
pub fn verdict(
    context: &Context,
    settled: Settled,
    neurons: Option<Settled>,
    calibration: &[Calibration],
) -> String {
    let untrained = calibration.iter().find(|read| read.subject == CalibrationSubject::Random);
    let Some(parameters) = &context.parameters.reading else { return String::new() };
    let facts = DictionaryFacts {
        concepts: settled.concepts,
        surviving: settled.surviving_concepts,
        neurons: neurons.map(|neurons| (neurons.concepts, neurons.surviving_concepts)),
        untrained: untrained.map(|read| (read.tested, read.survive)),
        has_sets: !context.sets.is_empty(),
    };
    of_dictionary(facts, parameters.survives)
}

/// The rows with what was counted over them.
pub fn index(inputs: &Inputs, context: &Context, rows: Vec<ConceptRow>, settled: Settled) -> ConceptIndex {
    let min_cells = context.parameters.specificity.min_cells;
    let tested: Vec<&ConceptRow> = rows.iter().filter(|r| r.cells >= min_cells && !r.not_described).collect();
    let any = |row: &ConceptRow| row.chance.is_some();
    ConceptIndex {
        columns: context.columns.iter().map(|c| c.name.clone()).collect(),
        skipped_columns: inputs.skipped_columns.clone(),
        labelled: tested.iter().filter(|r| r.pathway.is_some()).count() as u32,
        labelled_by_chance: (!context.sets.is_empty() && tested.iter().any(|r| any(r)))
            .then(|| by_chance(&tested)),
        tested: tested.len() as u32,
        side_tests: settled.tests,
        surviving: settled.surviving,
        rows,
        ..ConceptIndex::default()
    }
}

/// What the random samples of all concepts say together of the genes that were not swapped; nothing where all were.
pub fn screened(rows: &[ConceptRow]) -> Option<ScreenOutcome> {
    together(rows.iter().filter_map(|row| row.screened.as_ref()))
}

/// Labels that random rankings would earn among the tested concepts: the sum of each concept's rate of any label.
fn by_chance(tested: &[&ConceptRow]) -> f64 {
    tested
        .iter()
        .filter_map(|row| row.any_label_by_chance.or(row.chance))
        .sum::<f64>()
        .min(tested.len() as f64)
}
