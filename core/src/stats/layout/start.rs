//! Where points start: on the two directions of largest spread.

use ndarray::{Array2, ArrayView2, Axis};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::{parallel, stats::covariance::covariance};

/// Rows from which the directions are made.
const SEEN: usize = 20_000;
/// The largest coordinate.
const LARGEST: f64 = 10.0;
/// How far equal points start apart, or no force could ever part them.
const APART: f32 = 1e-2;

/// The two directions of largest spread, scaled to 10 in the larger, and a little noise.
pub(super) fn start(points: ArrayView2<'_, f32>, seed: u64) -> Vec<[f32; 2]> {
    let n = points.nrows();
    let every: Vec<usize> = (0..n).step_by(n.div_ceil(SEEN).max(1)).collect();
    let (mean, spread) = covariance(points.select(Axis(0), &every).view());
    let first = direction(&spread, None);
    let second = direction(&spread, Some(&first));
    let along = |row: usize, axis: &[f64]| {
        let row = points.row(row);
        row.iter().zip(&mean).zip(axis).map(|((&x, m), w)| (f64::from(x) - m) * w).sum::<f64>()
    };
    let place = parallel::map(n, |i| [along(i, &first), along(i, &second)]);
    let largest = place.iter().flatten().fold(0.0f64, |m, v| if v.is_finite() { m.max(v.abs()) } else { m });
    let scale = if largest > 0.0 { LARGEST / largest } else { 1.0 };
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut noise = || (rng.next_u32() as f32 / u32::MAX as f32 - 0.5) * APART;
    let finite = |v: f64| if v.is_finite() { (v * scale) as f32 } else { 0.0 };
    place.into_iter().map(|p| p.map(|v| finite(v) + noise())).collect()
}

/// Power iteration, orthogonal to `other`.
fn direction(spread: &Array2<f64>, other: Option<&[f64]>) -> Vec<f64> {
    let d = spread.nrows();
    let mut axis: Vec<f64> = (0..d).map(|j| 1.0 + 0.1 * ((j * 7) % 11) as f64).collect();
    let part = |axis: &mut Vec<f64>| {
        if let Some(other) = other {
            let along: f64 = axis.iter().zip(other).map(|(a, o)| a * o).sum();
            axis.iter_mut().zip(other).for_each(|(a, o)| *a -= along * o);
        }
    };
    for _ in 0..60 {
        part(&mut axis);
        let next: Vec<f64> =
            spread.outer_iter().map(|row| row.iter().zip(&axis).map(|(s, a)| s * a).sum()).collect();
        let norm = next.iter().map(|v| v * v).sum::<f64>().sqrt();
        if norm == 0.0 || !norm.is_finite() {
            break;
        }
        axis = next.into_iter().map(|v| v / norm).collect();
    }
    part(&mut axis);
    axis
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_along_their_largest_spread() {
        let points =
            Array2::from_shape_fn((101, 2), |(i, j)| (i as f32 - 50.0) * if j == 0 { 3.0 } else { 1.0 });
        let place = start(points.view(), 1);
        assert!((place[100][0].abs() - 10.0).abs() < 0.02 && place[50][0].abs() < 0.02);
        assert!(place.iter().all(|p| p[1].abs() < 0.02), "nothing is left for the second");
    }
}
