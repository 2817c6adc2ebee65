//! Steering: a concept's activation is set to another value, and the model tells how expression would change.
//!
//! A cell's latent z becomes z + (new − old) · d, where d is the concept's row of the dictionary: only the change goes
//! through the sparse autoencoder, so what it does not reconstruct of z stays. The decoder then gives each gene's
//! expected count before and after (the future work that the paper names; scVI decodes).

mod concept;

pub use concept::{Agreement, SteeredCells, SteeredConcept, mean, steer_concept};

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::embedding::scvi::{EncoderError, ScviDecoder};

/// Expected count below which a change is listed last, however large its ratio: one in a hundred cells.
pub const EXPRESSION_FLOOR: f64 = 0.01;
/// Cells decoded together; bounds memory, and sums are taken in this order whatever the number of threads.
const BATCH: usize = 256;

/// What a concept is set to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The same value in every cell.
    To(f32),
    /// A multiple of each cell's own activation.
    Scale(f32),
}

impl Target {
    /// The new activation of a cell.
    pub fn of(self, activation: f32) -> f32 {
        match self {
            Self::To(value) => value,
            Self::Scale(factor) => factor * activation,
        }
    }
}

/// How expected expression changes, by gene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Steered {
    /// Cells that were steered.
    pub cells: usize,
    /// Mean over cells of log2(expected count after / before). The library size has no part in it.
    pub log2_ratio: Vec<f64>,
    /// Mean expected count before.
    pub before: Vec<f64>,
    /// Mean expected count after.
    pub after: Vec<f64>,
}

impl Steered {
    /// The first gene with a number that is infinite or none: the step led beyond what the decoder computes.
    pub fn first_not_finite(&self) -> Option<usize> {
        let finite = |gene: usize| {
            [&self.log2_ratio, &self.before, &self.after].iter().all(|numbers| numbers[gene].is_finite())
        };
        (0..self.log2_ratio.len()).find(|&gene| !finite(gene))
    }

    /// Mean change of a gene's expected count.
    pub fn difference(&self, gene: usize) -> f64 {
        self.after[gene] - self.before[gene]
    }

    /// Whether a gene is expected to be seen at all, before or after: [`EXPRESSION_FLOOR`].
    pub fn is_expressed(&self, gene: usize) -> bool {
        self.before[gene].max(self.after[gene]) >= EXPRESSION_FLOOR
    }

    /// Genes by falling size of the log2 ratio, those that are not expressed after all others; ties in the model's
    /// order. A ratio of two counts that round to nothing is no finding.
    pub fn by_change(&self) -> Vec<usize> {
        let mut order = self.by_size(|gene| self.log2_ratio[gene]);
        order.sort_by_key(|&gene| !self.is_expressed(gene));
        order
    }

    /// Genes by falling size of the change of the expected count; ties in the model's order.
    pub fn by_difference(&self) -> Vec<usize> {
        self.by_size(|gene| self.difference(gene))
    }

    fn by_size(&self, change: impl Fn(usize) -> f64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.log2_ratio.len()).collect();
        order.sort_by(|&a, &b| change(b).abs().total_cmp(&change(a).abs()));
        order
    }
}

/// Latent values `[cells, d]` moved along `direction` `[d]`, each cell by its own step.
///
/// ```
/// use cellprism_core::steering::moved;
/// use ndarray::array;
///
/// // the first cell twice along the direction, the second not at all
/// assert_eq!(moved(array![[1.0, 1.0], [0.0, 0.0]].view(), &[1.0, 0.0], &[2.0, 0.0]), array![[3.0, 1.0], [0.0, 0.0]]);
/// ```
///
/// # Panics
/// If the sizes do not fit.
pub fn moved(latent: ArrayView2<'_, f32>, direction: &[f32], steps: &[f32]) -> Array2<f32> {
    assert!(latent.ncols() == direction.len() && latent.nrows() == steps.len());
    Array2::from_shape_fn(latent.dim(), |(cell, i)| latent[[cell, i]] + steps[cell] * direction[i])
}

/// Decodes cells before and after moving them along `direction`, each by its own step (new activation − old).
///
/// `totals` are the cells' sums of counts over the model's genes, `one_hot` as in [`ScviDecoder::shares`].
///
/// # Errors
/// As [`ScviDecoder::shares`].
///
/// # Panics
/// If there is not one step and one total a cell.
pub fn steer(
    decoder: &ScviDecoder,
    latent: ArrayView2<'_, f32>,
    totals: &[f64],
    one_hot: &[Vec<u32>],
    direction: &[f32],
    steps: &[f32],
) -> Result<Steered, EncoderError> {
    let (cells, genes) = (latent.nrows(), decoder.genes().len());
    assert!(totals.len() == cells && steps.len() == cells, "one total and one step a cell");
    let mut sums =
        Steered { cells, log2_ratio: vec![0.0; genes], before: vec![0.0; genes], after: vec![0.0; genes] };
    let after = moved(latent, direction, steps);
    for start in (0..cells).step_by(BATCH) {
        let end = cells.min(start + BATCH);
        let rows = ndarray::s![start..end, ..];
        let covariates = one_hot.get(start..end).unwrap_or(&[]);
        let old = decoder.log_shares(latent.slice(rows), covariates)?;
        let new = decoder.log_shares(after.slice(rows), covariates)?;
        for (cell, (old, new)) in old.outer_iter().zip(new.outer_iter()).enumerate() {
            let total = totals[start + cell];
            for (gene, (&old, &new)) in old.iter().zip(&new).enumerate() {
                sums.log2_ratio[gene] += (new - old) * std::f64::consts::LOG2_E;
                sums.before[gene] += libm::exp(old) * total;
                sums.after[gene] += libm::exp(new) * total;
            }
        }
    }
    let n = cells.max(1) as f64;
    for values in [&mut sums.log2_ratio, &mut sums.before, &mut sums.after] {
        values.iter_mut().for_each(|sum| *sum /= n);
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_number_is_found() {
        let steered = |after: f64| Steered {
            cells: 1,
            log2_ratio: vec![0.0, 1.0],
            before: vec![1.0, 1.0],
            after: vec![1.0, after],
        };
        assert_eq!(steered(2.0).first_not_finite(), None);
        assert_eq!(steered(f64::NAN).first_not_finite(), Some(1));
        assert_eq!(steered(f64::INFINITY).first_not_finite(), Some(1));
    }

    use crate::embedding::scvi::small_decoder;

    /// Cells of the decoder with two batches, by a fixed rule.
    fn cells(n: usize) -> (Array2<f32>, Vec<f64>, Vec<Vec<u32>>) {
        let latent = Array2::from_shape_fn((n, 3), |(i, j)| ((i * 7 + j * 5) % 11) as f32 / 4.0 - 1.0);
        (
            (latent),
            (0..n).map(|i| (i % 5 * 100) as f64).collect(),
            (0..n as u32).map(|i| vec![i % 2]).collect(),
        )
    }

    #[test]
    fn no_step_changes_nothing() {
        let decoder = ScviDecoder::from_safetensors(&small_decoder(7, 3)).unwrap();
        let (latent, totals, one_hot) = cells(300);
        let found =
            steer(&decoder, latent.view(), &totals, &one_hot, &[0.5, -2.0, 1.0], &[0.0; 300]).unwrap();
        assert!(found.log2_ratio.iter().all(|&ratio| ratio == 0.0));
        assert_eq!(found.before, found.after);
    }

    #[test]
    fn genes_are_listed_by_size_of_change() {
        let steered = Steered {
            cells: 1,
            log2_ratio: vec![0.5, -2.0, 0.5],
            before: vec![1.0; 3],
            after: vec![1.5, 0.25, 1.5],
        };
        assert_eq!(steered.by_change(), [1, 0, 2]);
        assert_eq!(steered.by_difference(), [1, 0, 2]);
        assert_eq!(steered.difference(1), -0.75);
        let unseen = Steered {
            cells: 1,
            log2_ratio: vec![9.0, 1.0, -3.0, 2.0],
            before: vec![1e-5, 0.5, 0.08, 0.001],
            after: vec![5e-3, 1.0, 0.01, 0.0101],
        };
        assert_eq!(unseen.by_change(), [2, 3, 1, 0], "the first is seen in no cell, before or after");
    }

    #[test]
    fn targets() {
        assert_eq!((Target::To(2.0).of(5.0), Target::Scale(0.5).of(5.0)), (2.0, 2.5));
    }

    proptest! {
        /// The definition, cell by cell through the expected counts.
        #[test]
        fn equals_the_definition(steps in proptest::collection::vec(-3.0f32..3.0, 1..520)) {
            let decoder = ScviDecoder::from_safetensors(&small_decoder(7, 3)).unwrap();
            let (latent, totals, one_hot) = cells(steps.len());
            let direction = [0.5f32, -2.0, 1.0];
            let found = steer(&decoder, latent.view(), &totals, &one_hot, &direction, &steps).unwrap();
            let n = steps.len();
            let mut after = latent.clone();
            for i in 0..n {
                for j in 0..3 {
                    after[[i, j]] += steps[i] * direction[j];
                }
            }
            let before = decoder.shares(latent.view(), &one_hot).unwrap();
            let after = decoder.shares(after.view(), &one_hot).unwrap();
            for gene in 0..7 {
                let mean = |of: &dyn Fn(usize) -> f64| (0..n).map(of).sum::<f64>() / n as f64;
                let ratio = mean(&|i| (after[[i, gene]] / before[[i, gene]]).log2());
                let change = mean(&|i| (after[[i, gene]] - before[[i, gene]]) * totals[i]);
                prop_assert!((found.log2_ratio[gene] - ratio).abs() < 1e-9);
                prop_assert!((found.difference(gene) - change).abs() < 1e-9 * 500.0);
            }
        }
    }
}
