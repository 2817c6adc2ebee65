//! Semi-NMF, the baseline of tables 4 and 5: A ≈ Z·D with Z ≥ 0, by the multiplicative updates of Ding, Li and Jordan
//! (2010) with the stabilisers of overcomplete 0.3.0. In f64.
//!
//! ```text
//! Z ← Z ⊙ √( (A·Dᵀ)⁺ + Z·(D·Dᵀ)⁻  /  ((A·Dᵀ)⁻ + Z·(D·Dᵀ)⁺ + 1e-8)  + 1e-8 )
//! D ← (Zᵀ·Z + 1e-8)⁻¹ · Zᵀ·A
//! ```
//!
//! With an L1 penalty λ on Z (of ½‖A − Z·D‖² + λ·ΣZ) it stands beside 1e-8 in the denominator, and the rows of D get
//! length 1 after each update: without that Z would shrink and D grow, and nothing be sparser.
//!
//! The inverse is a Cholesky solution: with the stabiliser the matrix is positive definite, though where c exceeds the
//! number of cells only just, and a larger one is then used and reported.

use ndarray::{Array2, ArrayView2, Zip};

use super::train::nearly_normal_stream;

/// A factorisation A [n, d] ≈ Z [n, c] · D [c, d].
#[derive(Clone, Debug, PartialEq)]
pub struct SemiNmf {
    /// Non-negative activations.
    pub z: Array2<f64>,
    /// Directions.
    pub d: Array2<f64>,
    /// Iterations done.
    pub iterations: u32,
    /// Largest stabiliser that an inverse needed; 1e-8 unless the problem is singular.
    pub stabiliser: f64,
}

/// Options of a factorisation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// c.
    pub concepts: usize,
    /// Most iterations.
    pub iterations: u32,
    /// Relative change of Z below which it ends; 0: never.
    pub tolerance: f64,
    /// Seed of the first Z.
    pub seed: u64,
    /// λ of the L1 penalty on Z; 0 as in the paper's text.
    pub penalty: f64,
}

/// Numbers grew beyond what f64 holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "semi-NMF: numbers are no longer finite after {iterations} iterations: use fewer concepts or iterations"
)]
pub struct NotFinite {
    /// Iterations done before.
    pub iterations: u32,
}

/// Factorises embeddings [n, d]. `progress` is called after every iteration.
///
/// # Errors
/// If numbers are no longer finite.
///
/// # Panics
/// If there are no cells or no concepts.
pub fn fit(
    a: ArrayView2<'_, f32>,
    options: &Options,
    progress: &mut dyn FnMut(u32),
) -> Result<SemiNmf, NotFinite> {
    assert!(!a.is_empty() && options.concepts > 0, "cells and concepts");
    let a = a.mapv(f64::from);
    let mean = a.iter().map(|v| v.abs()).sum::<f64>() / a.len() as f64;
    let scale = (mean / options.concepts as f64).sqrt();
    let mut normal = nearly_normal_stream(options.seed);
    let z = Array2::from_shape_simple_fn((a.nrows(), options.concepts), || (normal() * scale).abs());
    fit_from(&a, z, options, progress)
}

/// The same from given activations [n, c].
///
/// # Errors
/// If numbers are no longer finite.
pub fn fit_from(
    a: &Array2<f64>,
    z: Array2<f64>,
    options: &Options,
    progress: &mut dyn FnMut(u32),
) -> Result<SemiNmf, NotFinite> {
    let mut stabiliser = 0.0f64;
    let d = directions(a, &z, &mut stabiliser).ok_or(NotFinite { iterations: 0 })?;
    let mut found = SemiNmf { z, d, iterations: 0, stabiliser };
    let penalty = options.penalty;
    if penalty > 0.0 {
        unit_rows(&mut found.d);
    }
    for iteration in 1..=options.iterations {
        let change = update_activations(a, &mut found.z, &found.d, penalty);
        let stabiliser = &mut found.stabiliser;
        found.d = directions(a, &found.z, stabiliser).ok_or(NotFinite { iterations: found.iterations })?;
        if penalty > 0.0 {
            unit_rows(&mut found.d);
        }
        found.iterations = iteration;
        progress(iteration);
        if options.tolerance > 0.0 && change <= options.tolerance {
            break;
        }
    }
    Ok(found)
}

/// Rows of D divided by their length; Z is left as it is, so that its next update weighs the penalty against unit directions.
/// Rows of zeros stay zero.
fn unit_rows(d: &mut Array2<f64>) {
    for mut direction in d.rows_mut() {
        let length = direction.dot(&direction).sqrt();
        if length > 0.0 {
            direction /= length;
        }
    }
}

/// Activations `[n, c]` of other cells for given directions `[c, d]`, by the same updates with D left as it is.
pub fn activations(a: ArrayView2<'_, f32>, d: &Array2<f64>, penalty: f64, iterations: u32) -> Array2<f64> {
    let a = a.mapv(f64::from);
    let start = a.dot(&d.t()).mapv(|v| v.max(0.0));
    let floor = 1e-3 * start.iter().sum::<f64>() / start.len().max(1) as f64;
    // An activation of 0 would stay 0.
    let mut z = start + floor.max(f64::MIN_POSITIVE);
    for _ in 0..iterations {
        update_activations(&a, &mut z, d, penalty);
    }
    z
}

/// The same without a penalty from given activations `[n, c]`: those of 0 stay 0, the others are no longer shrunk.
pub fn unshrunk(a: ArrayView2<'_, f32>, mut z: Array2<f64>, d: &Array2<f64>, iterations: u32) -> Array2<f64> {
    let a = a.mapv(f64::from);
    for _ in 0..iterations {
        update_activations(&a, &mut z, d, 0.0);
    }
    z
}

/// One multiplicative update of Z; its relative change ‖Z' − Z‖ / ‖Z'‖.
fn update_activations(a: &Array2<f64>, z: &mut Array2<f64>, d: &Array2<f64>, penalty: f64) -> f64 {
    let ad = a.dot(&d.t());
    let dd = d.dot(&d.t());
    let above = z.dot(&dd.mapv(|v| (-v).max(0.0)));
    let below = z.dot(&dd.mapv(|v| v.max(0.0)));
    let (mut change, mut size) = (0.0, 0.0);
    Zip::from(z).and(&ad).and(&above).and(&below).for_each(|z, &ad, &above, &below| {
        let ratio = (ad.max(0.0) + above) / ((-ad).max(0.0) + below + penalty + 1e-8);
        let new = *z * (ratio + 1e-8).sqrt();
        change += (new - *z).powi(2);
        size += new * new;
        *z = new;
    });
    (change / size.max(f64::MIN_POSITIVE)).sqrt()
}

/// Least squares D for given Z; nothing where numbers are not finite.
fn directions(a: &Array2<f64>, z: &Array2<f64>, stabiliser: &mut f64) -> Option<Array2<f64>> {
    let gram = z.t().dot(z);
    let right = z.t().dot(a);
    // Beyond the sum of its diagonal, a shift makes any such matrix positive definite.
    let most = 10.0 * gram.diag().sum().max(1.0);
    let mut shift = 1e-8;
    while shift <= most {
        if let Some(solution) = cholesky_solve(&gram, shift, &right) {
            *stabiliser = stabiliser.max(shift);
            return solution.iter().all(|v| v.is_finite()).then_some(solution);
        }
        shift *= 10.0;
    }
    None
}

/// (G + shift)⁻¹ · B, or nothing where a pivot is not clearly positive.
fn cholesky_solve(g: &Array2<f64>, shift: f64, b: &Array2<f64>) -> Option<Array2<f64>> {
    let n = g.nrows();
    let mut l = g.clone();
    for j in 0..n {
        let (_, mut rest) = l.view_mut().split_at(ndarray::Axis(0), j);
        let row_j = rest.row(0).slice(ndarray::s![..j]).to_owned();
        let pivot = rest[[0, j]] + shift - row_j.dot(&row_j);
        if pivot.is_nan() || pivot <= 0.5 * shift {
            return None;
        }
        let pivot = pivot.sqrt();
        rest[[0, j]] = pivot;
        for i in 1..n - j {
            let below = rest.row(i).slice(ndarray::s![..j]).dot(&row_j);
            rest[[i, j]] = (rest[[i, j]] - below) / pivot;
        }
    }
    let mut x = b.clone();
    for i in 0..n {
        for p in 0..i {
            let factor = l[[i, p]];
            let known = x.row(p).to_owned();
            x.row_mut(i).scaled_add(-factor, &known);
        }
        x.row_mut(i).mapv_inplace(|v| v / l[[i, i]]);
    }
    for i in (0..n).rev() {
        for p in i + 1..n {
            let factor = l[[p, i]];
            let known = x.row(p).to_owned();
            x.row_mut(i).scaled_add(-factor, &known);
        }
        x.row_mut(i).mapv_inplace(|v| v / l[[i, i]]);
    }
    Some(x)
}

impl SemiNmf {
    /// 1 − SSE/SST over all entries, SST around each dimension's mean; and the share of zeros (activations below
    /// `threshold` times the largest) among the n·c activations.
    pub fn measure(&self, a: ArrayView2<'_, f32>, threshold: f64) -> (f64, f64) {
        let a = a.mapv(f64::from);
        let mean = a.mean_axis(ndarray::Axis(0)).expect("there are cells");
        let sse: f64 = (&a - &self.z.dot(&self.d)).iter().map(|e| e * e).sum();
        let sst: f64 = (&a - &mean).iter().map(|e| e * e).sum();
        let bound = threshold * self.z.iter().fold(0.0f64, |most, &z| most.max(z));
        let zeros = self.z.iter().filter(|z| **z <= bound).count();
        (1.0 - sse / sst, zeros as f64 / self.z.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(n: usize, d: usize) -> Array2<f32> {
        Array2::from_shape_fn((n, d), |(i, j)| (((i * 37 + j * 101 + i * j) % 53) as f32 - 20.0) / 20.0)
    }

    fn error(a: &Array2<f32>, concepts: usize, iterations: u32) -> f64 {
        let options = Options { concepts, iterations, tolerance: 0.0, seed: 1, penalty: 0.0 };
        let found = fit(a.view(), &options, &mut |_| {}).unwrap();
        assert!(found.z.iter().all(|z| *z >= 0.0));
        1.0 - found.measure(a.view(), 0.0).0
    }

    #[test]
    fn errors_fall_with_iterations_and_concepts() {
        let a = example(60, 8);
        let falling: Vec<f64> = [0, 1, 5, 20, 100].iter().map(|&n| error(&a, 4, n)).collect();
        assert!(falling.windows(2).all(|w| w[1] <= w[0] + 1e-9), "{falling:?}");
        assert!(error(&a, 6, 100) < error(&a, 3, 100));
    }

    #[test]
    fn a_penalty_makes_activations_sparse_and_other_cells_are_read_the_same_way() {
        let a = example(60, 8);
        let at = |penalty| {
            let options = Options { concepts: 10, iterations: 300, tolerance: 0.0, seed: 1, penalty };
            fit(a.view(), &options, &mut |_| {}).unwrap()
        };
        let sparsity = |penalty| at(penalty).measure(a.view(), 1e-3).1;
        assert!(
            sparsity(0.0) < sparsity(0.2) && sparsity(0.2) < sparsity(1.0),
            "{} {}",
            sparsity(0.2),
            sparsity(1.0)
        );
        let found = at(0.2);
        let lengths = found.d.rows().into_iter().map(|row| row.dot(&row));
        assert!(lengths.into_iter().all(|length| (length - 1.0).abs() < 1e-9));
        let again = activations(a.view(), &found.d, 0.2, 3000);
        let cost = |z: &Array2<f64>| {
            let error = &a.mapv(f64::from) - &z.dot(&found.d);
            0.5 * error.iter().map(|e| e * e).sum::<f64>() + 0.2 * z.sum()
        };
        assert!(cost(&again) <= cost(&found.z) * 1.001, "{} {}", cost(&again), cost(&found.z));
    }

    #[test]
    fn more_concepts_than_dimensions_or_cells() {
        let a = example(30, 5);
        assert!(error(&a, 12, 50) < 0.2);
        assert!(error(&a, 40, 20).is_finite());
    }

    #[test]
    fn directions_are_least_squares() {
        let a = example(40, 6).mapv(f64::from);
        let z = Array2::from_shape_fn((40, 3), |(i, j)| ((i * 7 + j * 5) % 11) as f64 / 10.0);
        let d = directions(&a, &z, &mut 0.0).unwrap();
        let gradient = z.t().dot(&(&z.dot(&d) - &a));
        assert!(gradient.iter().all(|g| g.abs() < 1e-6));
    }
}
