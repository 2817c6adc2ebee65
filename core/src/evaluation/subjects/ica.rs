//! Independent components: FastICA with the nonlinearity tanh (`logcosh`), all components at once, as scikit-learn's
//! `FastICA(whiten="unit-variance")` does it (Hyvärinen and Oja 2000).

use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::{Array1, Array2, ArrayView2, Axis, s};

use super::{PrincipalComponents, Subject, SubjectError, SubjectKind, both_sides};
use crate::{
    parallel,
    sae::{size::sample, train::nearly_normal_stream},
    simd::{Simd, WithSimd, widest},
    stats::exponential::tanh,
};

/// Cells of a block: sums of the blocks are added in their order.
const BLOCK: usize = 512;
/// Numbers side by side.
const LANES: usize = 8;
/// Most iterations.
const ITERATIONS: usize = 200;
/// Largest change of a component's direction (1 − |cosine|) at which it ends.
const TOLERANCE: f64 = 1e-4;

/// Sources that are as independent as can be, of mean 0 and variance 1.
#[derive(Clone, Debug, PartialEq)]
pub struct IndependentComponents {
    /// Mean of the cells, `[d]`.
    pub mean: Vec<f64>,
    /// From a centred cell to the sources, `[components, d]`.
    pub unmixing: Array2<f64>,
    /// From the sources to a centred cell, `[components, d]`: one direction a component.
    pub mixing: Array2<f64>,
    /// Iterations done.
    pub iterations: usize,
    /// Whether the directions stood still.
    pub converged: bool,
}

impl IndependentComponents {
    /// Of embeddings `[cells, d]`, as many as there are principal components; the directions start at random. Where there are
    /// many cells they are found from a seeded sample.
    ///
    /// # Errors
    /// If all cells are equal.
    pub fn of(x: ArrayView2<'_, f32>, seed: u64) -> Result<Self, SubjectError> {
        let cells = sample(x.nrows(), seed);
        let chosen = x.select(Axis(0), &cells);
        let principal = PrincipalComponents::of(chosen.view())?;
        let components = principal.variances.len();
        let mut normal = nearly_normal_stream(seed);
        let start = Array2::from_shape_simple_fn((components, components), &mut normal);
        Ok(Self::from_start(chosen.view(), &principal, &start))
    }

    /// From given first directions `[components, components]` in the whitened space, whose axes are the principal components,
    /// each with its first entry positive.
    pub fn from_start(x: ArrayView2<'_, f32>, principal: &PrincipalComponents, start: &Array2<f64>) -> Self {
        let whitening = whitening(principal);
        let mean = &principal.mean;
        let centred = Array2::from_shape_fn(x.dim(), |(i, j)| f64::from(x[[i, j]]) - mean[j]);
        let white = centred.dot(&whitening.t());
        let mut turn = decorrelated(start);
        let (mut iterations, mut converged) = (0, false);
        while iterations < ITERATIONS && !converged {
            iterations += 1;
            let next = decorrelated(&step(&white, &turn));
            let cosines = (&next * &turn).sum_axis(Axis(1));
            converged = cosines.iter().all(|cosine| (cosine.abs() - 1.0).abs() < TOLERANCE);
            turn = next;
        }
        let unmixing = turn.dot(&whitening);
        // The rows of the whitening are orthogonal, those of the turn orthonormal: the inverse is written down.
        let mut back = whitening;
        for (mut row, variance) in back.rows_mut().into_iter().zip(&principal.variances) {
            row *= *variance;
        }
        Self { mean: principal.mean.clone(), mixing: turn.dot(&back), unmixing, iterations, converged }
    }

    /// Both sides of every component.
    ///
    /// # Errors
    /// If the sizes make no dictionary.
    pub fn subject(&self, x: ArrayView2<'_, f32>) -> Result<Subject, SubjectError> {
        both_sides(SubjectKind::Ica, (self.unmixing.view(), self.mixing.view()), &self.mean, x)
    }
}

/// From a centred cell to principal components of variance 1.
fn whitening(principal: &PrincipalComponents) -> Array2<f64> {
    let mut rows = principal.directions.clone();
    for (mut row, variance) in rows.rows_mut().into_iter().zip(&principal.variances) {
        let sign = if row.first().is_some_and(|&first| first < 0.0) { -1.0 } else { 1.0 };
        row *= sign / variance.sqrt();
    }
    rows
}

/// Mean of tanh(w·x)·x less the mean slope times w, for all directions w at once.
fn step(white: &Array2<f64>, turn: &Array2<f64>) -> Array2<f64> {
    let (cells, components) = white.dim();
    let parts = parallel::map(cells.div_ceil(BLOCK), |block| {
        let rows = white.slice(s![block * BLOCK..cells.min((block + 1) * BLOCK), ..]);
        let mut bent = turn.dot(&rows.t());
        let slopes = bent.rows_mut().into_iter().map(|mut row| match row.as_slice_mut() {
            Some(values) => widest(Bend(values)),
            None => 0.0,
        });
        let slopes = Array1::from_iter(slopes);
        (bent.dot(&rows), slopes)
    });
    let mut sum = Array2::zeros((components, components));
    let mut slopes = Array1::zeros(components);
    for (part, slope) in parts {
        sum += &part;
        slopes += &slope;
    }
    let n = cells.max(1) as f64;
    sum /= n;
    slopes /= n;
    sum - &(turn * &slopes.insert_axis(Axis(1)))
}

/// Puts tanh of values in their place and sums its slopes, 1 − tanh².
struct Bend<'a>(&'a mut [f64]);

impl WithSimd for Bend<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        let mut slopes = [0.0; LANES];
        let (whole, rest) = self.0.as_chunks_mut::<LANES>();
        for values in whole {
            for lane in 0..LANES {
                values[lane] = tanh(values[lane]);
                slopes[lane] += 1.0 - values[lane] * values[lane];
            }
        }
        let mut sum = slopes.iter().fold(0.0, |sum, slope| sum + slope);
        for value in rest {
            *value = tanh(*value);
            sum += 1.0 - *value * *value;
        }
        sum
    }
}

/// (W·Wᵀ)^(−1/2)·W.
fn decorrelated(w: &Array2<f64>) -> Array2<f64> {
    let n = w.nrows();
    let gram = w.dot(&w.t());
    let eigen = SymmetricEigen::new(DMatrix::from_fn(n, n, |i, j| gram[[i, j]]));
    let vectors = Array2::from_shape_fn((n, n), |(i, j)| eigen.eigenvectors[(i, j)]);
    let mut scaled = vectors.clone();
    for (mut column, &value) in scaled.columns_mut().into_iter().zip(eigen.eigenvalues.iter()) {
        column /= value.max(f64::MIN_POSITIVE).sqrt();
    }
    scaled.dot(&vectors.t()).dot(w)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::evaluation::rebuild;

    #[derive(Deserialize)]
    struct Reference {
        x: Vec<Vec<f32>>,
        start: Vec<Vec<f64>>,
        components: Vec<Vec<f64>>,
        mixing: Vec<Vec<f64>>,
        iterations: usize,
    }

    fn matrix<T: Copy>(rows: &[Vec<T>]) -> Array2<T> {
        Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
    }

    #[test]
    fn equals_scikit_learn() {
        let json = include_str!("../../../tests/fixtures/fast_ica.json");
        let reference: Reference = serde_json::from_str(json).unwrap();
        let x = matrix(&reference.x);
        let principal = PrincipalComponents::of(x.view()).unwrap();
        let found = IndependentComponents::from_start(x.view(), &principal, &matrix(&reference.start));
        assert_eq!((found.iterations, found.converged), (reference.iterations, true));
        let near = |a: &Array2<f64>, b: &Array2<f64>| {
            let scale = b.iter().fold(0.0f64, |most, v| most.max(v.abs()));
            a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-8 * scale)
        };
        assert!(near(&found.unmixing, &matrix(&reference.components)), "{:?}", found.unmixing);
        assert!(near(&found.mixing, &matrix(&reference.mixing).reversed_axes()), "{:?}", found.mixing);
    }

    #[test]
    fn a_seed_gives_the_same_components_and_they_rebuild_the_cells() {
        let x = Array2::from_shape_fn((300, 3), |(i, j)| {
            let (s, t) = (((i * 37) % 101) as f32 / 50.0 - 1.0, ((i * 61) % 97) as f32 / 48.0 - 1.0);
            [s * s * s + t, s - t, t * t * t][j]
        });
        let found = IndependentComponents::of(x.view(), 3).unwrap();
        assert_eq!(found, IndependentComponents::of(x.view(), 3).unwrap());
        let subject = found.subject(x.view()).unwrap();
        assert!(rebuild(&subject, &subject.activations, x.view()).r2.unwrap() > 1.0 - 1e-6);
    }
}
