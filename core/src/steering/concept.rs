//! A concept of a dictionary steered in cells, and how the change agrees with the concept's attribution.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::{Steered, Target, moved, steer};
use crate::{
    attribution::ConceptReader,
    embedding::scvi::{EncoderError, ScviDecoder},
    ids::ConceptId,
    sae::SaeWeights,
    stats::spearman,
};

/// Cells to steer.
#[derive(Clone, Copy, Debug)]
pub struct SteeredCells<'a> {
    /// `[cells, d]`, of the model's encoder.
    pub latent: ArrayView2<'a, f32>,
    /// Sums of counts over the model's genes.
    pub totals: &'a [f64],
    /// Active covariate columns of each cell, as in [`ScviDecoder::shares`].
    pub one_hot: &'a [Vec<u32>],
    /// The concept's activation in each cell.
    pub activations: &'a [f32],
}

/// A concept set to another value, and what follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SteeredConcept {
    /// Activation of each cell before.
    pub old: Vec<f32>,
    /// What it was set to.
    pub new: Vec<f32>,
    /// What the autoencoder reads in the moved latents, once other concepts have competed for their places.
    pub read_again: Vec<f32>,
    /// How expected expression changes.
    pub genes: Steered,
}

/// Rank correlations of attribution scores and changes, where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// Genes compared.
    pub genes: usize,
    /// With the log2 ratio.
    pub log2_ratio: Option<f64>,
    /// With the difference of expected counts.
    pub difference: Option<f64>,
}

/// Sets `concept` to `target` in `cells`.
///
/// # Errors
/// As [`ScviDecoder::shares`].
///
/// # Panics
/// If the dictionary has no such concept or is of another d, or there is not one total and one activation a cell.
pub fn steer_concept(
    decoder: &ScviDecoder,
    sae: &SaeWeights,
    concept: ConceptId,
    cells: SteeredCells<'_>,
    target: Target,
) -> Result<SteeredConcept, EncoderError> {
    let direction: Vec<f32> = sae.w_dec.row(concept.index()).to_vec();
    let old = cells.activations.to_vec();
    let new: Vec<f32> = old.iter().map(|&old| target.of(old)).collect();
    let steps: Vec<f32> = new.iter().zip(&old).map(|(new, old)| new - old).collect();
    let genes = steer(decoder, cells.latent, cells.totals, cells.one_hot, &direction, &steps)?;
    let after: Vec<f32> = moved(cells.latent, &direction, &steps).into_iter().collect();
    let read_again = ConceptReader::of(sae).read_rows(&after, concept);
    Ok(SteeredConcept { old, new, read_again, genes })
}

impl SteeredConcept {
    /// How attribution scores `[genes]` agree with the change, turned towards more activation. Over all genes, or those
    /// alone whose score is not 0.
    ///
    /// # Panics
    /// If there are fewer scores than genes.
    pub fn agreement(&self, scores: &[f32], scored_only: bool) -> Agreement {
        let lowered = mean(&self.new) < mean(&self.old);
        let sign = if lowered { -1.0 } else { 1.0 };
        let genes: Vec<usize> =
            (0..self.genes.log2_ratio.len()).filter(|&gene| !scored_only || scores[gene] != 0.0).collect();
        let scores: Vec<f64> = genes.iter().map(|&gene| f64::from(scores[gene])).collect();
        let with = |change: &dyn Fn(usize) -> f64| {
            spearman(&scores, &genes.iter().map(|&gene| sign * change(gene)).collect::<Vec<_>>())
        };
        Agreement {
            genes: genes.len(),
            log2_ratio: with(&|gene| self.genes.log2_ratio[gene]),
            difference: with(&|gene| self.genes.difference(gene)),
        }
    }
}

/// Mean in f64; 0 of nothing.
pub fn mean(values: &[f32]) -> f64 {
    values.iter().copied().map(f64::from).sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowered_to(new: f32) -> SteeredConcept {
        let genes = Steered {
            cells: 1,
            log2_ratio: vec![-2.0, 1.0, -0.5],
            before: vec![4.0, 1.0, 1.0],
            after: vec![1.0, 2.0, 1.0],
        };
        SteeredConcept { old: vec![1.0], new: vec![new], read_again: vec![new], genes }
    }

    #[test]
    fn scores_are_compared_with_changes_towards_more_activation() {
        let scores = [0.8, -0.1, 0.0];
        let of = |new: f32, scored_only| lowered_to(new).agreement(&scores, scored_only);
        assert_eq!(of(0.0, false).log2_ratio, Some(1.0));
        assert_eq!(of(2.0, false).log2_ratio, Some(-1.0));
        assert_eq!((of(0.0, true).genes, of(0.0, true).difference), (2, Some(1.0)));
    }
}
