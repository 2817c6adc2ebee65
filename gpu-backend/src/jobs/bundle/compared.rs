//! The cells that a concept is read from: prototypes, their counterfactuals, and the two sides of the test of differential
//! expression. They are looked for at once for all concepts, which share most of the distances.

use cellprism_core::{
    attribution::{ConceptCells, cells_of_concepts},
    bundle::AttributionParameters,
    ids::{CellId, ConceptId},
};

use super::{context::Context, subject::Subject};
use crate::cli::Progress;

/// Nearest cells kept for each prototype, so that a reader can choose another number.
const KEPT_COUNTERFACTUALS: usize = 6;
/// Most cells on either side of the test (Appendix C).
const TEST_CELLS: usize = 1000;

/// Counterfactuals of each prototype.
pub fn kept(parameters: &AttributionParameters) -> usize {
    KEPT_COUNTERFACTUALS.max(parameters.counterfactuals as usize)
}

/// Cells of one concept.
pub struct Compared {
    /// The concept.
    pub concept: ConceptId,
    /// Prototypes and the nearest cells that do not activate the concept.
    pub cells: ConceptCells,
    /// The most active cells.
    pub group: Vec<CellId>,
    /// For each of them the nearest cell that does not activate the concept, every cell once.
    pub reference: Vec<CellId>,
}

impl Compared {
    /// The cells of some concepts, in their order.
    pub fn find(context: &Context, subject: &Subject, concepts: &[ConceptId], quiet: bool) -> Vec<Self> {
        let parameters = &context.parameters.attribution;
        let prototypes = parameters.prototypes as usize;
        let mut asked = vec![kept(parameters); prototypes];
        asked.resize(prototypes.max(TEST_CELLS), 1);
        let total =
            concepts.iter().map(|&id| subject.activations.of(id).len().min(asked.len())).sum::<usize>();
        let progress = Progress::new("neighbours", total as u64, "cells", quiet);
        let embeddings = context.embeddings().view();
        let found = cells_of_concepts(&subject.activations, concepts, embeddings, &asked, |cells| {
            progress.advance(cells as u64);
        });
        progress.finish();
        concepts.iter().zip(found).map(|(&concept, cells)| Self::new(concept, cells, prototypes)).collect()
    }

    fn new(concept: ConceptId, mut cells: ConceptCells, prototypes: usize) -> Self {
        let group = cells.prototypes.iter().take(TEST_CELLS).map(|&(cell, _)| cell).collect();
        let nearest = cells.counterfactuals.iter().take(TEST_CELLS).filter_map(|near| near.first());
        let mut reference: Vec<CellId> = nearest.map(|near| near.cell).collect();
        reference.sort_unstable();
        reference.dedup();
        cells.prototypes.truncate(prototypes);
        cells.counterfactuals.truncate(prototypes);
        Self { concept, cells, group, reference }
    }
}
