//! Flavour `seurat`: dispersion within bins of mean expression (Satija et al. 2015; scanpy 1.11).

use super::{HvgError, Selection, check_genes};
use crate::cells::CountMatrix;

/// Counts per cell after normalisation.
const TARGET: f64 = 1e4;
/// Bins of mean expression.
const BINS: usize = 20;

/// Chooses the `top` genes of highest normalised dispersion, on counts scaled to 10,000 a cell.
///
/// As in scanpy, genes that tie with the last one chosen are all kept, so there can be a few more than `top`.
///
/// ```
/// use cellprism_core::cells::{hvg::seurat, simulate::{SimulateOptions, simulate}};
///
/// let simulated = simulate(&SimulateOptions { cells: 300, genes: 600, ..SimulateOptions::default() })?;
/// assert!(seurat(&simulated.cells.counts, 100)?.genes.len() >= 100);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If there are fewer than two cells.
pub fn seurat(counts: &CountMatrix, top: usize) -> Result<Selection, HvgError> {
    let mut dispersions = Dispersions::new(counts.cols);
    dispersions.add(counts)?;
    dispersions.select(top)
}

/// Sums over cells of normalised counts and their squares, by gene.
#[derive(Clone, Debug)]
pub struct Dispersions {
    cells: usize,
    sum: Vec<f64>,
    squares: Vec<f64>,
}

impl Dispersions {
    /// No cells yet.
    pub fn new(genes: usize) -> Self {
        Self { cells: 0, sum: vec![0.0; genes], squares: vec![0.0; genes] }
    }

    /// Adds cells.
    ///
    /// # Errors
    /// If they have another number of genes.
    pub fn add(&mut self, counts: &CountMatrix) -> Result<(), HvgError> {
        check_genes(self.sum.len(), counts.cols)?;
        self.cells += counts.rows;
        for row in 0..counts.rows {
            let (genes, values) = counts.row(row);
            let total: f64 = values.iter().map(|&value| f64::from(value)).sum();
            let scale = total / TARGET;
            for (&gene, &value) in genes.iter().zip(values) {
                // Through the logarithm and back, as scanpy gets there.
                let value = (f64::from(value) / scale).ln_1p().exp_m1();
                self.sum[gene as usize] += value;
                self.squares[gene as usize] += value * value;
            }
        }
        Ok(())
    }

    /// The `top` genes, and those that tie with the last.
    ///
    /// # Errors
    /// If there are fewer than two cells.
    pub fn select(self, top: usize) -> Result<Selection, HvgError> {
        let Self { cells, sum, squares } = self;
        if cells < 2 {
            return Err(HvgError::TooFewCells { cells });
        }
        let n = cells as f64;
        let (mut mean, mut spread) = (Vec::with_capacity(sum.len()), Vec::with_capacity(sum.len()));
        for (sum, squares) in sum.iter().zip(&squares) {
            let average = sum / n;
            let variance = (squares / n - average * average) * (n / (n - 1.0));
            let average = if average == 0.0 { 1e-12 } else { average };
            let ratio = variance / average;
            spread.push(if ratio == 0.0 { f64::NAN } else { ratio.ln() });
            mean.push(average.ln_1p());
        }
        let bins = bins(&mean);
        let normalised = normalise(&spread, &bins);
        let mut sorted: Vec<f64> = normalised.iter().copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let genes = match top.min(sorted.len()).checked_sub(1) {
            None => Vec::new(),
            Some(last) => {
                (0..normalised.len() as u32).filter(|&g| normalised[g as usize] >= sorted[last]).collect()
            }
        };
        Ok(Selection { genes, mean, spread, normalised })
    }
}

/// Equal-width bins over the range of the means, each closed on the right, as `pandas.cut` makes them.
fn bins(mean: &[f64]) -> Vec<usize> {
    let low = mean.iter().copied().fold(f64::INFINITY, f64::min);
    let high = mean.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = if low == high {
        let pad = if low == 0.0 { 0.001 } else { 0.001 * low.abs() };
        (low - pad, high + pad)
    } else {
        (low, high)
    };
    let step = (high - low) / BINS as f64;
    let edges: Vec<f64> = (1..BINS).map(|edge| edge as f64 * step + low).collect();
    mean.iter().map(|&mean| edges.partition_point(|&edge| edge < mean)).collect()
}

/// Dispersions less their bin's mean, over their bin's standard deviation; a gene alone in its bin gets 1.
fn normalise(spread: &[f64], bins: &[usize]) -> Vec<f64> {
    let mut scale = [(f64::NAN, f64::NAN); BINS];
    for (bin, scale) in scale.iter_mut().enumerate() {
        let inside = || spread.iter().zip(bins).filter(|(s, b)| **b == bin && !s.is_nan()).map(|(s, _)| *s);
        let count = inside().count() as f64;
        let average = inside().sum::<f64>() / count;
        *scale = if count < 2.0 {
            (0.0, average)
        } else {
            (average, (inside().map(|s| (s - average).powi(2)).sum::<f64>() / (count - 1.0)).sqrt())
        };
    }
    spread.iter().zip(bins).map(|(spread, &bin)| (spread - scale[bin].0) / scale[bin].1).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cells::hvg::{SPAN, seurat_v3};

    #[test]
    fn one_cell_has_no_variance() {
        let one = CountMatrix::from_dense(1, 2, &[1.0, 2.0]).unwrap();
        assert_eq!(seurat(&one, 1), Err(HvgError::TooFewCells { cells: 1 }));
        assert_eq!(seurat_v3(&one, 1, SPAN), Err(HvgError::TooFewCells { cells: 1 }));
    }

    proptest! {
        #[test]
        fn chunks_and_gene_order_do_not_matter(values in proptest::collection::vec(0u8..6, 12 * 30), cut in 1usize..11) {
            let dense: Vec<f32> = values.iter().map(|&v| f32::from(v)).collect();
            let counts = CountMatrix::from_dense(12, 30, &dense).unwrap();
            let whole = seurat(&counts, 8).unwrap();
            let mut parts = Dispersions::new(30);
            parts.add(&counts.select_rows(&(0..cut).collect::<Vec<_>>())).unwrap();
            parts.add(&counts.select_rows(&(cut..12).collect::<Vec<_>>())).unwrap();
            prop_assert_eq!(&parts.select(8).unwrap().genes, &whole.genes);
            let turned: Vec<f32> = (0..12 * 30).map(|i| dense[i / 30 * 30 + 29 - i % 30]).collect();
            let turned = seurat(&CountMatrix::from_dense(12, 30, &turned).unwrap(), 8).unwrap();
            let mut back: Vec<u32> = turned.genes.iter().map(|g| 29 - g).collect();
            back.sort_unstable();
            prop_assert_eq!(back, whole.genes);
        }
    }
}
