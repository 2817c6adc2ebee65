//! How well a dictionary rebuilds the embeddings, and how it spends its concepts.

use std::ops::Range;

use ndarray::{ArrayView2, s};
use serde::{Deserialize, Serialize};

use super::{Codes, SaeWeights};
use crate::parallel;
use crate::simd::{Simd, WithSimd, widest};

/// Metrics of a dictionary on embeddings. Reconstructions are computed in f64 from the f32 activations and weights;
/// all sums are in f64.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Cells.
    pub cells: usize,
    /// c.
    pub concepts: usize,
    /// k.
    pub active_per_cell: usize,
    /// 1 − SSE/SST over all entries, SST around each dimension's mean over cells. Not a number where all cells are equal.
    pub r2: f64,
    /// Mean of each dimension's own R²; dimensions without spread are left out and counted in `constant_dimensions`.
    pub r2_per_dimension: f64,
    /// The baseline is one scalar, the mean of all entries: the definition of `overcomplete.metrics.r2_score`. Never below `r2`.
    pub r2_scalar_mean: f64,
    /// Dimensions in which all cells are equal.
    pub constant_dimensions: usize,
    /// Standard deviation over cells of 1 − SSE/SST of a cell, SST around the dimensions' means.
    pub r2_cell_sd: f64,
    /// Concepts with an active cell.
    pub active: usize,
    /// Concepts without.
    pub dead: usize,
    /// Mean number of active concepts per cell.
    pub l0: f64,
    /// Share of zeros among the n·c activations.
    pub sparsity: f64,
    /// Mean squared error per entry.
    pub mse: f64,
}

/// Encodes the embeddings [n, d] and measures, a block of cells after the other: memory does not grow with n.
///
/// ```
/// use cellprism_core::sae::{metrics::evaluate, SaeConfig, SaeWeights};
/// use ndarray::{Array1, Array2, array};
///
/// let sae = SaeWeights {
///     config: SaeConfig::new(2, 2, 1)?, // d, c, k
///     w_enc: Array2::eye(2),
///     b_enc: Array1::zeros(2),
///     w_dec: Array2::eye(2),
///     b_dec: Array1::zeros(2),
/// };
/// let found = evaluate(&sae, array![[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]].view());
/// assert_eq!((found.r2, found.active, found.l0), (1.0, 2, 1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If `x` does not have d columns.
pub fn evaluate(sae: &SaeWeights, x: ArrayView2<'_, f32>) -> Metrics {
    let encoder = sae.encoder();
    measure(sae, x, |cells| encoder.encode(x.slice(s![cells, ..])))
}

/// Measures activations that were computed before.
///
/// # Panics
/// If sizes do not fit each other.
pub fn evaluate_codes(sae: &SaeWeights, x: ArrayView2<'_, f32>, codes: &Codes) -> Metrics {
    assert_eq!(codes.rows(), x.nrows(), "cells");
    measure(sae, x, |cells| {
        let at = cells.start * codes.k..cells.end * codes.k;
        Codes { k: codes.k, indices: codes.indices[at.clone()].to_vec(), values: codes.values[at].to_vec() }
    })
}

/// Cells of a block. Sums within a block are in the order of cells, and those of the blocks are added in their order, so
/// nothing depends on the number of threads.
const BLOCK: usize = 512;

fn measure(
    sae: &SaeWeights,
    x: ArrayView2<'_, f32>,
    codes: impl Fn(Range<usize>) -> Codes + Sync + Send,
) -> Metrics {
    let (n, d) = x.dim();
    assert_eq!(d, sae.config.d_in, "embedding size");
    let c = sae.config.d_sae;
    let blocks = || (0..n).step_by(BLOCK).map(|first| first..n.min(first + BLOCK)).collect::<Vec<_>>();
    let mean = means(x, blocks());
    let scalar = mean.iter().sum::<f64>() / d as f64;
    let tallies = parallel::each(blocks(), |cells| {
        let codes = codes(cells.clone());
        let x = x.slice(s![cells, ..]);
        widest(Count { sae, x, codes: &codes, mean: &mean, scalar })
    });
    let mut sum = Tally { sse: vec![0.0; d], sst: vec![0.0; d], used: vec![false; c], ..Tally::default() };
    for tally in tallies {
        sum.add(tally);
    }
    let total: f64 = sum.sse.iter().sum();
    let own: Vec<f64> =
        sum.sse.iter().zip(&sum.sst).filter(|(_, t)| **t > 0.0).map(|(e, t)| 1.0 - e / t).collect();
    let active = sum.used.iter().filter(|u| **u).count();
    Metrics {
        cells: n,
        concepts: c,
        active_per_cell: sae.config.k,
        r2: 1.0 - total / sum.sst.iter().sum::<f64>(),
        r2_per_dimension: own.iter().sum::<f64>() / own.len() as f64,
        r2_scalar_mean: 1.0 - total / sum.sst_scalar,
        constant_dimensions: d - own.len(),
        r2_cell_sd: standard_deviation(&sum.cell_r2),
        active,
        dead: c - active,
        l0: sum.entries as f64 / n as f64,
        sparsity: 1.0 - sum.entries as f64 / (n as f64 * c as f64),
        mse: total / (n as f64 * d as f64),
    }
}

fn means(x: ArrayView2<'_, f32>, blocks: Vec<Range<usize>>) -> Vec<f64> {
    let add = |mut sum: Vec<f64>, part: &mut dyn Iterator<Item = f64>| {
        sum.iter_mut().zip(part).for_each(|(s, v)| *s += v);
        sum
    };
    let zeros = || vec![0.0f64; x.ncols()];
    let sums = parallel::each(blocks, |cells| {
        let rows = x.slice(s![cells, ..]);
        rows.rows().into_iter().fold(zeros(), |sum, row| add(sum, &mut row.iter().map(|&v| f64::from(v))))
    });
    let mut mean = sums.into_iter().fold(zeros(), |sum, part| add(sum, &mut part.into_iter()));
    mean.iter_mut().for_each(|m| *m /= x.nrows() as f64);
    mean
}

/// Sums over some cells.
#[derive(Default)]
struct Tally {
    sse: Vec<f64>,
    sst: Vec<f64>,
    sst_scalar: f64,
    used: Vec<bool>,
    entries: usize,
    cell_r2: Vec<f64>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.sse.iter_mut().zip(other.sse).for_each(|(s, v)| *s += v);
        self.sst.iter_mut().zip(other.sst).for_each(|(s, v)| *s += v);
        self.used.iter_mut().zip(other.used).for_each(|(s, v)| *s |= v);
        self.sst_scalar += other.sst_scalar;
        self.entries += other.entries;
        self.cell_r2.extend(other.cell_r2);
    }
}

/// Tallies a block of cells.
struct Count<'a> {
    sae: &'a SaeWeights,
    x: ArrayView2<'a, f32>,
    codes: &'a Codes,
    mean: &'a [f64],
    scalar: f64,
}

impl WithSimd for Count<'_> {
    type Output = Tally;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Tally {
        let Self { sae, x, codes, mean, scalar } = self;
        let d = x.ncols();
        let mut sum = Tally {
            sse: vec![0.0; d],
            sst: vec![0.0; d],
            used: vec![false; sae.config.d_sae],
            ..Tally::default()
        };
        let mut rebuilt = vec![0.0f64; d];
        let dictionary = sae.w_dec.as_standard_layout();
        for (cell, row) in x.rows().into_iter().enumerate() {
            for (r, b) in rebuilt.iter_mut().zip(&sae.b_dec) {
                *r = f64::from(*b);
            }
            let (indices, values) = codes.row(cell);
            for (&j, &u) in indices.iter().zip(values).filter(|(_, u)| **u > 0.0) {
                sum.used[j as usize] = true;
                sum.entries += 1;
                let direction = dictionary.row(j as usize);
                let direction = direction.as_slice().expect("a row of the standard layout");
                for (r, &w) in rebuilt.iter_mut().zip(direction) {
                    *r += f64::from(u) * f64::from(w);
                }
            }
            let (mut cell_sse, mut cell_sst) = (0.0, 0.0);
            for (i, &value) in row.iter().enumerate() {
                let value = f64::from(value);
                let error = (value - rebuilt[i]).powi(2);
                let spread = (value - mean[i]).powi(2);
                sum.sse[i] += error;
                sum.sst[i] += spread;
                sum.sst_scalar += (value - scalar).powi(2);
                cell_sse += error;
                cell_sst += spread;
            }
            if cell_sst > 0.0 {
                sum.cell_r2.push(1.0 - cell_sse / cell_sst);
            }
        }
        sum
    }
}

fn standard_deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sae::SaeConfig;
    use ndarray::{Array1, Array2, array};

    /// Two concepts along the axes, no biases: a cell keeps its larger positive coordinate.
    fn axes() -> SaeWeights {
        SaeWeights {
            config: SaeConfig::new(2, 3, 1).unwrap(),
            w_enc: array![[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]],
            b_enc: Array1::zeros(3),
            w_dec: array![[1.0, 0.0], [0.0, 1.0], [-0.5, -0.5]],
            b_dec: Array1::zeros(2),
        }
    }

    #[test]
    fn by_hand() {
        let x = array![[2.0f32, 1.0], [0.0, 3.0], [1.0, 0.0]];
        let m = evaluate(&axes(), x.view());
        // Errors: (0, 1), (0, 0), (0, 0). Means 1 and 4/3: SST 2 and 14/3. Scalar mean 7/6.
        let scalar: f64 = [2.0, 1.0, 0.0, 3.0, 1.0, 0.0].iter().map(|v: &f64| (v - 7.0 / 6.0).powi(2)).sum();
        assert!((m.r2 - (1.0 - 1.0 / (2.0 + 14.0 / 3.0))).abs() < 1e-12);
        assert!((m.r2_per_dimension - (1.0 + 1.0 - 3.0 / 14.0) / 2.0).abs() < 1e-12);
        assert!((m.r2_scalar_mean - (1.0 - 1.0 / scalar)).abs() < 1e-12);
        assert_eq!((m.active, m.dead), (2, 1));
        assert!((m.l0 - 1.0).abs() < 1e-12 && (m.sparsity - 2.0 / 3.0).abs() < 1e-12);
        assert!((m.mse - 1.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn equal_cells_have_no_r2() {
        let m = evaluate(&axes(), Array2::from_elem((4, 2), 1.0).view());
        assert!(!m.r2.is_finite() && m.constant_dimensions == 2);
    }
}
