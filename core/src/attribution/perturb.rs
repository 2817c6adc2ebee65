//! Embeddings of a cell after genes were swapped with another cell's.

use thiserror::Error;

use crate::ids::CellId;

/// Why a perturbed cell could not be embedded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PerturbError {
    /// The counts are not those of the model's genes.
    #[error("the counts have {found} genes, the model reads {expected}")]
    Genes {
        /// Genes of the counts.
        found: usize,
        /// Genes of the model.
        expected: usize,
    },
    /// A swap that the model has no embedding for.
    #[error("{0}")]
    NoEmbedding(&'static str),
    /// A model without what screening needs.
    #[error(
        "this model has no gradient here: only scGPT has, of fixed sequences, in single precision on the processor; leave out --attribution screened"
    )]
    NoGradient,
    /// The model could not be run.
    #[error(transparent)]
    Model(Box<dyn std::error::Error + Send + Sync>),
}

/// Embeddings of one prototype with single genes taken from its counterfactuals.
#[derive(Clone, Debug, Default)]
pub struct Swaps {
    /// The prototype itself, `[d]`, embedded the same way.
    pub base: Vec<f32>,
    /// For each counterfactual: the genes whose input differs, in gene order, and the row of `embeddings`.
    pub genes: Vec<Vec<(u32, u32)>>,
    /// `[passes, d]`; counterfactuals that would give a gene the same value share a row.
    pub embeddings: Vec<f32>,
}

/// A model through which genes can be swapped.
pub trait Perturb: Sync {
    /// Genes that can be swapped, in the model's order.
    fn genes(&self) -> usize;

    /// One swap at a time, for every gene that differs from the counterfactual (equation 2).
    ///
    /// # Errors
    /// If the model cannot be run.
    fn swaps(&self, prototype: CellId, counterfactuals: &[CellId]) -> Result<Swaps, PerturbError>;

    /// The same for the genes that are `wanted` alone.
    ///
    /// # Errors
    /// If the model cannot be run.
    fn swaps_of(
        &self,
        prototype: CellId,
        counterfactuals: &[CellId],
        wanted: &dyn Fn(u32) -> bool,
    ) -> Result<Swaps, PerturbError> {
        let mut swaps = self.swaps(prototype, counterfactuals)?;
        swaps.genes.iter_mut().for_each(|genes| genes.retain(|&(gene, _)| wanted(gene)));
        Ok(swaps)
    }

    /// For each counterfactual the genes whose input differs, in gene order, and how far the embedding would go in
    /// `direction` by the gradient: that of the prototype's input times the difference.
    ///
    /// # Errors
    /// If the model cannot be run, or has no gradient.
    fn estimate(
        &self,
        _prototype: CellId,
        _counterfactuals: &[CellId],
        _direction: &[f32],
    ) -> Result<Vec<Vec<(u32, f32)>>, PerturbError> {
        Err(PerturbError::NoGradient)
    }

    /// Embeddings `[steps, d]` after the first `steps[i]` genes of `order` were swapped together; `steps` increases.
    ///
    /// # Errors
    /// If the model cannot be run.
    fn path(
        &self,
        prototype: CellId,
        counterfactual: CellId,
        order: &[u32],
        steps: &[u32],
    ) -> Result<Vec<f32>, PerturbError>;

    /// What the model reads of a gene in a cell: the count, where it is scaled by the cell's sum the scaled count (for
    /// SCimilarity and Geneformer per 10,000), for scGPT the bin.
    fn value(&self, cell: CellId, gene: u32) -> f32;

    /// [`Self::value`] of every gene, `[genes]`.
    fn values(&self, cell: CellId) -> Vec<f32> {
        (0..self.genes() as u32).map(|gene| self.value(cell, gene)).collect()
    }
}
