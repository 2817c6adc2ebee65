//! Means and covariances of rows, in blocks whose sums are added in their order: the same bits for any number of threads.

use ndarray::{Array2, ArrayView2, s};

use crate::{
    parallel,
    simd::{Simd, WithSimd, widest},
};

/// Rows of a block.
const BLOCK: usize = 512;
/// Dimensions whose products are one task.
const TILE: usize = 32;
/// Dimensions side by side.
const LANES: usize = 8;
/// Dimensions whose sums with a panel of others are held at once.
const QUAD: usize = 4;
/// Rows that are centred at once.
const ROWS: usize = 64;

/// Means `[d]` and covariance `[d, d]` (divided by n) of rows `[n, d]`, in f64; zeros where there is no row.
pub fn covariance(x: ArrayView2<'_, f32>) -> (Vec<f64>, Array2<f64>) {
    let (n, d) = x.dim();
    let mean = means(x);
    let count = n.max(1) as f64;
    // The sums of every pair are added row by row, whatever the threads.
    let tiles = parallel::map(d.div_ceil(TILE), |tile| {
        let to = d.min((tile + 1) * TILE);
        products(x, &mean, tile * TILE, to)
    });
    let at = |i: usize, j: usize| tiles[i / TILE][j / LANES][i % TILE][j % LANES];
    let matrix = Array2::from_shape_fn((d, d), |(i, j)| if j <= i { at(i, j) } else { at(j, i) } / count);
    (mean, matrix)
}

/// Sums over rows of the products of dimensions `from` to `to` with dimensions 0 to `to`, from their means: panels of dimensions,
/// each `[TILE, LANES]`.
fn products(x: ArrayView2<'_, f32>, mean: &[f64], from: usize, to: usize) -> Vec<[[f64; LANES]; TILE]> {
    let panels = to.div_ceil(LANES);
    let mut sums = vec![[[0.0f64; LANES]; TILE]; panels];
    let mut centred = vec![[[0.0f64; LANES]; ROWS]; panels];
    for first in (0..x.nrows()).step_by(ROWS) {
        let rows = ROWS.min(x.nrows() - first);
        for (row, cells) in x.slice(s![first..first + rows, ..]).rows().into_iter().enumerate() {
            for (at, (&v, m)) in cells.iter().zip(mean).take(to).enumerate() {
                centred[at / LANES][row][at % LANES] = f64::from(v) - m;
            }
        }
        widest(Tile { centred: &centred, rows, from, sums: &mut sums });
    }
    sums
}

struct Tile<'a> {
    centred: &'a [[[f64; LANES]; ROWS]],
    rows: usize,
    from: usize,
    sums: &'a mut [[[f64; LANES]; TILE]],
}

impl WithSimd for Tile<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { centred, rows, from, sums } = self;
        for (panel, sums) in centred.iter().zip(sums) {
            let (quads, _) = sums.as_chunks_mut::<QUAD>();
            for (quad, sums) in quads.iter_mut().enumerate() {
                let at = from + quad * QUAD;
                let Some(own) = centred.get(at / LANES) else { break };
                let mut held = *sums;
                for (row, own) in panel[..rows].iter().zip(own) {
                    for (i, held) in held.iter_mut().enumerate() {
                        let one = own[at % LANES + i];
                        for (held, value) in held.iter_mut().zip(row) {
                            *held += one * value;
                        }
                    }
                }
                *sums = held;
            }
        }
    }
}

/// Means `[d]` of rows `[n, d]`, in f64; zeros where there is no row.
pub fn means(x: ArrayView2<'_, f32>) -> Vec<f64> {
    let (n, d) = x.dim();
    let blocks = n.div_ceil(BLOCK);
    let rows = |block: usize| (block * BLOCK..n.min((block + 1) * BLOCK)).map(|row| x.row(row));
    let sums = parallel::map(blocks, |block| {
        rows(block).fold(vec![0.0f64; d], |mut sum, row| {
            sum.iter_mut().zip(row).for_each(|(s, &v)| *s += f64::from(v));
            sum
        })
    });
    let mut mean = vec![0.0f64; d];
    for sum in sums {
        mean.iter_mut().zip(sum).for_each(|(m, s)| *m += s);
    }
    let count = n.max(1) as f64;
    mean.iter_mut().for_each(|m| *m /= count);
    mean
}

/// L with L · Lᵀ = `matrix`, for a covariance: directions without spread get a column of zeros (Cholesky).
///
/// # Panics
/// If the matrix is not square.
pub fn root(matrix: ArrayView2<'_, f64>) -> Array2<f64> {
    assert!(matrix.is_square(), "a square matrix");
    let d = matrix.nrows();
    let smallest = 1e-12 * matrix.diag().iter().copied().fold(0.0, f64::max);
    let mut root = Array2::zeros((d, d));
    for j in 0..d {
        let pivot: f64 = matrix[[j, j]] - (0..j).map(|k| root[[j, k]] * root[[j, k]]).sum::<f64>();
        if pivot <= smallest {
            continue;
        }
        root[[j, j]] = pivot.sqrt();
        for i in j + 1..d {
            let rest: f64 = matrix[[i, j]] - (0..j).map(|k| root[[i, k]] * root[[j, k]]).sum::<f64>();
            root[[i, j]] = rest / root[[j, j]];
        }
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: usize) -> Array2<f32> {
        Array2::from_shape_fn((n, 4), |(i, j)| match j {
            3 => 2.0 * ((i * 37) % 101) as f32,
            j => ((i * (37 + j * 20)) % 101) as f32,
        })
    }

    #[test]
    fn equals_the_definition() {
        // more dimensions than a task has, and no multiple of a panel
        let wide = Array2::from_shape_fn((131, 37), |(i, j)| ((i * (37 + j * 20)) % 101) as f32);
        let (mean, found) = covariance(wide.view());
        for (i, j) in [(0, 0), (3, 2), (36, 0), (0, 36), (36, 36), (33, 35), (31, 32)] {
            let one =
                |row: usize| (f64::from(wide[[row, i]]) - mean[i]) * (f64::from(wide[[row, j]]) - mean[j]);
            // the very sum, row by row
            assert_eq!(found[[i, j]], (0..131).map(one).fold(0.0, |sum, v| sum + v) / 131.0);
        }
        let x = rows(1300).mapv(f64::from);
        let (mean, found) = covariance(rows(1300).view());
        for i in 0..4 {
            for j in 0..4 {
                let product = |row: usize| (x[[row, i]] - mean[i]) * (x[[row, j]] - mean[j]);
                let expected = (0..1300).map(product).sum::<f64>() / 1300.0;
                assert!((found[[i, j]] - expected).abs() < 1e-9 * expected.abs().max(1.0));
            }
        }
        assert_eq!(covariance(Array2::zeros((0, 2)).view()), (vec![0.0; 2], Array2::zeros((2, 2))));
    }

    #[test]
    fn the_root_gives_the_matrix_back_also_where_a_dimension_repeats_another() {
        let (_, matrix) = covariance(rows(400).view());
        let root = root(matrix.view());
        let back = root.dot(&root.t());
        assert!(matrix.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-8 * a.abs().max(1.0)));
        assert_eq!(root[[3, 3]], 0.0, "dimension 3 is twice dimension 0");
    }
}
