//! `concepts/index.json` and `neurons/index.json`: what lists, search and maps need.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{
    Calibration, ConceptRow, GeneIndex, JsonFile,
    cell_metadata::CELL_METADATA,
    cells::Cells,
    checking::{Bundle, Report},
    concept_row,
    manifest::MANIFEST,
};

/// Folder of the concepts.
pub const CONCEPTS: &str = "concepts";
/// One row a concept.
pub const CONCEPT_INDEX: &str = "concepts/index.json";
/// Folder of the baseline: both sides of every dimension of the embedding, described as concepts are.
pub const NEURONS: &str = "neurons";
/// One row a side: of dimension i the positive part is row i, that of its negative row d + i.
pub const NEURON_INDEX: &str = "neurons/index.json";

/// What lists, search and maps need.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConceptIndex {
    /// Columns that specificity was tested for, the primary one first.
    pub columns: Vec<String>,
    /// Columns that were not, with the reason.
    pub skipped_columns: Vec<(String, String)>,
    /// Concepts whose label passes, and labels expected by chance among as many concepts.
    pub labelled: u32,
    /// Sum of the chance rates of all concepts that were tested.
    pub labelled_by_chance: Option<f64>,
    /// Concepts that went through enrichment.
    pub tested: u32,
    /// What all readings together say, in words.
    #[serde(default)]
    pub verdict: String,
    /// Concepts and sides whose chance was adjusted together.
    #[serde(default)]
    pub side_tests: u32,
    /// Labels that survive, of both sides.
    #[serde(default)]
    pub surviving: u32,
    /// How many survive where there is nothing to find.
    #[serde(default)]
    pub calibration: Vec<Calibration>,
    /// How [`ConceptRow::xy`] was computed.
    pub layout: Option<String>,
    /// One row a concept, by number.
    pub rows: Vec<ConceptRow>,
}

impl JsonFile for ConceptIndex {}

/// The concepts, where their index can be read, and the neurons.
pub(super) fn check(
    bundle: &Bundle<'_>,
    cells: &Cells,
    genes: Option<&GeneIndex>,
    report: &mut Report,
) -> Option<(ConceptIndex, Option<ConceptIndex>)> {
    let index: ConceptIndex = bundle.read(CONCEPT_INDEX, report)?;
    let counts = &bundle.manifest.counts;
    let file = CONCEPT_INDEX;
    report.same(file, "rows", index.rows.len() as u64, counts.concepts, MANIFEST);
    let active = index.rows.iter().filter(|row| row.cells > 0).count();
    report.same(file, "active concepts", active as u64, counts.active_concepts, MANIFEST);
    if let Some(metadata) = &cells.metadata {
        for name in &index.columns {
            let known = metadata.columns.iter().any(|column| column.name == *name);
            report.expect(known, file, || format!("{name:?} is no column of {CELL_METADATA}"));
        }
    }
    let symbols = genes.map(|genes| genes.symbols.iter().map(String::as_str).collect());
    rows(file, &index, cells, symbols.as_ref(), report);
    let neurons = neurons(bundle, cells, symbols.as_ref(), report);
    Some((index, neurons))
}

fn rows(
    file: &str,
    index: &ConceptIndex,
    cells: &Cells,
    symbols: Option<&HashSet<&str>>,
    report: &mut Report,
) {
    for (place, row) in index.rows.iter().enumerate() {
        if let Err(problem) = concept_row::check(row, place, cells, symbols) {
            report.note(file, format!("row {place}: {problem}"));
        }
    }
}

/// The baseline's rows, where there is one.
fn neurons(
    bundle: &Bundle<'_>,
    cells: &Cells,
    symbols: Option<&HashSet<&str>>,
    report: &mut Report,
) -> Option<ConceptIndex> {
    if !bundle.has(NEURON_INDEX) {
        return None;
    }
    let index: ConceptIndex = bundle.read(NEURON_INDEX, report)?;
    let sides = 2 * u64::from(bundle.manifest.counts.embedding);
    report.same(NEURON_INDEX, "rows", index.rows.len() as u64, sides, MANIFEST);
    rows(NEURON_INDEX, &index, cells, symbols, report);
    Some(index)
}
