//! How well any subject's activations rebuild embeddings.

use ndarray::ArrayView2;

use super::Subject;
use crate::{concepts::Activations, stats::covariance::means};

/// How well activations rebuild embeddings, and how they are spent. A figure that is no finite number is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reconstruction {
    /// Cells.
    pub cells: usize,
    /// 1 − SSE/SST over all entries, SST around each dimension's mean over cells.
    pub r2: Option<f64>,
    /// Mean of each dimension's own, of those in which cells differ.
    pub r2_per_dimension: Option<f64>,
    /// Against one scalar mean of all entries.
    pub r2_scalar_mean: Option<f64>,
    /// Items with an active cell.
    pub active: usize,
    /// Items without.
    pub dead: usize,
    /// Mean number of active items per cell.
    pub l0: Option<f64>,
    /// Share of zeros among the activations.
    pub sparsity: Option<f64>,
}

impl Reconstruction {
    /// How activations are spent, where there are no embeddings to rebuild.
    pub fn unmeasured(activations: &Activations) -> Self {
        let n = activations.cells;
        let entries: usize = activations.iter().map(|(_, active)| active.len()).sum();
        let active = activations.iter().filter(|(_, active)| !active.is_empty()).count();
        let share = |of: usize| (of > 0).then(|| entries as f64 / of as f64);
        Self {
            cells: n,
            r2: None,
            r2_per_dimension: None,
            r2_scalar_mean: None,
            active,
            dead: activations.len() - active,
            l0: share(n),
            sparsity: share(n * activations.len()).map(|share| 1.0 - share),
        }
    }
}

/// Rebuilds embeddings `[cells, d]` from activations of the same cells, in f64, cell after cell.
///
/// # Panics
/// If the activations are of another number of cells, or the embeddings of another size.
pub fn rebuild(subject: &Subject, activations: &Activations, x: ArrayView2<'_, f32>) -> Reconstruction {
    let (n, d) = x.dim();
    assert_eq!(activations.cells, n, "cells");
    let dictionary = subject.directions();
    assert_eq!(dictionary.ncols(), d, "embedding size");
    let centre = &subject.weights.b_dec;
    let by_cell = by_cell(activations);
    let mean = means(x);
    let scalar = mean.iter().sum::<f64>() / d.max(1) as f64;
    let (mut sse, mut sst, mut sst_scalar) = (vec![0.0; d], vec![0.0; d], 0.0);
    let mut rebuilt = vec![0.0f64; d];
    for (row, active) in x.rows().into_iter().zip(&by_cell) {
        rebuilt.iter_mut().zip(centre).for_each(|(r, &c)| *r = f64::from(c));
        for &(item, value) in active {
            for (r, &w) in rebuilt.iter_mut().zip(dictionary.row(item as usize)) {
                *r += f64::from(value) * f64::from(w);
            }
        }
        for (i, &value) in row.iter().enumerate() {
            let value = f64::from(value);
            sse[i] += (value - rebuilt[i]).powi(2);
            sst[i] += (value - mean[i]).powi(2);
            sst_scalar += (value - scalar).powi(2);
        }
    }
    let total: f64 = sse.iter().sum();
    let of = |sst: f64| Some(1.0 - total / sst).filter(|r2| r2.is_finite());
    let own: Vec<f64> = sse.iter().zip(&sst).filter(|(_, t)| **t > 0.0).map(|(e, t)| 1.0 - e / t).collect();
    Reconstruction {
        r2: of(sst.iter().sum()),
        r2_per_dimension: (!own.is_empty()).then(|| own.iter().sum::<f64>() / own.len() as f64),
        r2_scalar_mean: of(sst_scalar),
        ..Reconstruction::unmeasured(activations)
    }
}

/// Active items of every cell, ascending.
fn by_cell(activations: &Activations) -> Vec<Vec<(u32, f32)>> {
    let mut cells = vec![Vec::new(); activations.cells];
    for (id, active) in activations.iter() {
        for (cell, &value) in active.cells.iter().zip(&active.values) {
            cells[cell.index()].push((id.0, value));
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::sae::{metrics::evaluate, random_dictionary};

    #[test]
    fn equals_the_metrics_of_a_dictionary() {
        let x =
            Array2::from_shape_fn((600, 5), |(i, j)| ((i * 37 + j * 101 + i * j) % 53) as f32 / 9.0 - 2.0);
        let weights = random_dictionary(x.view(), 12, 3, 4).unwrap();
        let expected = evaluate(&weights, x.view());
        let subject = Subject::concepts(weights, x.view());
        let found = rebuild(&subject, &subject.activations, x.view());
        for (a, b) in [
            (found.r2, expected.r2),
            (found.r2_per_dimension, expected.r2_per_dimension),
            (found.r2_scalar_mean, expected.r2_scalar_mean),
            (found.l0, expected.l0),
            (found.sparsity, expected.sparsity),
        ] {
            assert!((a.unwrap() - b).abs() < 1e-12, "{a:?} {b}");
        }
        assert_eq!((found.active, found.dead), (expected.active, expected.dead));
    }

    #[test]
    fn equal_cells_have_no_r2_but_counts() {
        let x = Array2::from_elem((4, 2), 1.0f32);
        let neurons = Subject::neurons(x.view()).unwrap();
        let found = rebuild(&neurons, &neurons.activations, x.view());
        assert_eq!((found.r2, found.r2_per_dimension, found.active), (None, None, 2));
    }
}
