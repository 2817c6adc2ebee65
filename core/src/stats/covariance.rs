//! Means and covariances of rows, in blocks whose sums are added in their order: the same bits for any number of threads.

use ndarray::{Array2, ArrayView2};

use crate::parallel;

/// Rows of a block.
const BLOCK: usize = 512;

/// Means `[d]` and covariance `[d, d]` (divided by n) of rows `[n, d]`, in f64; zeros where there is no row.
pub fn covariance(x: ArrayView2<'_, f32>) -> (Vec<f64>, Array2<f64>) {
    let (n, d) = x.dim();
    let mean = means(x);
    let count = n.max(1) as f64;
    // One dimension's products at a time: the sums of every pair have the same order whatever the threads.
    let lines = parallel::map(d, |i| {
        let mut line = vec![0.0f64; i + 1];
        for row in x.rows() {
            let from_mean = f64::from(row[i]) - mean[i];
            for ((s, &v), m) in line.iter_mut().zip(row).zip(&mean) {
                *s += from_mean * (f64::from(v) - m);
            }
        }
        line
    });
    let at = |i: usize, j: usize| if j <= i { lines[i][j] } else { lines[j][i] };
    let matrix = Array2::from_shape_fn((d, d), |(i, j)| at(i, j) / count);
    (mean, matrix)
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
