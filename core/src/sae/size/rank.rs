//! The effective rank of embeddings.

use ndarray::ArrayView2;

use crate::stats::{covariance::covariance, eigenvalues};

/// Exponential of the entropy of the eigenvalues of the covariance of embeddings [n, d]: from 1 to d; 1 where all cells
/// are equal.
///
/// # Panics
/// If a number is not finite.
pub fn effective_rank(x: ArrayView2<'_, f32>) -> f64 {
    let (_, matrix) = covariance(x);
    let values = eigenvalues(matrix.view());
    let total: f64 = values.iter().filter(|&&v| v > 0.0).sum();
    if total <= 0.0 {
        return 1.0;
    }
    // A value below the rounding of the largest is none.
    let floor = total * 1e-14;
    let shares = values.iter().filter(|&&v| v > floor).map(|v| v / total);
    libm::exp(-shares.map(|share| share * libm::log(share)).sum::<f64>())
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, concatenate};

    use super::*;

    /// Both ends of every axis, each as far from the middle as `reach` says.
    fn axes(reach: &[f32]) -> Array2<f32> {
        let positive = Array2::from_diag(&ndarray::Array1::from_vec(reach.to_vec()));
        concatenate(ndarray::Axis(0), &[positive.view(), (-&positive).view()]).unwrap()
    }

    #[test]
    fn even_directions_count_whole_and_weak_ones_less() {
        assert!((effective_rank(axes(&[2.0; 6]).view()) - 6.0).abs() < 1e-9);
        assert!((effective_rank(axes(&[1.0, 0.0, 0.0]).view()) - 1.0).abs() < 1e-9);
        // Shares 4/5 and 1/5.
        let expected = (-(0.8f64 * 0.8f64.ln() + 0.2 * 0.2f64.ln())).exp();
        assert!((effective_rank(axes(&[2.0, 1.0]).view()) - expected).abs() < 1e-9);
        assert_eq!(effective_rank(Array2::ones((5, 3)).view()), 1.0);
    }

    #[test]
    fn turning_and_scaling_change_nothing() {
        let x =
            Array2::from_shape_fn((300, 3), |(i, j)| ((i * (31 + 40 * j)) % 97) as f32 * (1 + j * j) as f32);
        let turn = ndarray::array![[0.6f32, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]];
        let turned = x.dot(&turn) * 7.0;
        assert!((effective_rank(x.view()) - effective_rank(turned.view())).abs() < 1e-4);
    }
}
