//! Principal components of the centred embeddings.

use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::{Array2, ArrayView2};

use super::{Subject, SubjectError, SubjectKind, both_sides};
use crate::stats::covariance::covariance;

/// Components of less than this share of the largest variance are noise of rounding.
const LEAST_VARIANCE: f64 = 1e-12;

/// Directions of largest variance.
#[derive(Clone, Debug, PartialEq)]
pub struct PrincipalComponents {
    /// Mean of the cells, `[d]`.
    pub mean: Vec<f64>,
    /// Unit directions `[components, d]`, largest variance first; each with its largest entry (by size) positive.
    pub directions: Array2<f64>,
    /// Variances (divided by n), falling; none that is zero but for rounding.
    pub variances: Vec<f64>,
}

impl PrincipalComponents {
    /// Of embeddings `[cells, d]`.
    ///
    /// # Errors
    /// If all cells are equal.
    pub fn of(x: ArrayView2<'_, f32>) -> Result<Self, SubjectError> {
        let (mean, matrix) = covariance(x);
        let d = mean.len();
        let eigen = SymmetricEigen::new(DMatrix::from_fn(d, d, |i, j| matrix[[i, j]]));
        let mut order: Vec<usize> = (0..d).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]).then(a.cmp(&b)));
        let largest = order.first().map_or(0.0, |&first| eigen.eigenvalues[first]);
        order.retain(|&i| largest > 0.0 && eigen.eigenvalues[i] > LEAST_VARIANCE * largest);
        if order.is_empty() {
            return Err(SubjectError::Embeddings("all cells have the same embedding".into()));
        }
        let sign = |i: usize| {
            let column = eigen.eigenvectors.column(i);
            let most =
                column.iter().copied().fold(0.0f64, |most, v| if v.abs() > most.abs() { v } else { most });
            if most < 0.0 { -1.0 } else { 1.0 }
        };
        let signs: Vec<f64> = order.iter().map(|&i| sign(i)).collect();
        let directions =
            Array2::from_shape_fn((order.len(), d), |(i, j)| signs[i] * eigen.eigenvectors[(j, order[i])]);
        let variances = order.iter().map(|&i| eigen.eigenvalues[i]).collect();
        Ok(Self { mean, directions, variances })
    }

    /// Both sides of every component.
    ///
    /// # Errors
    /// If the sizes make no dictionary.
    pub fn subject(&self, x: ArrayView2<'_, f32>) -> Result<Subject, SubjectError> {
        let rows = self.directions.view();
        both_sides(SubjectKind::Pca, (rows, rows), &self.mean, x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::rebuild;

    fn cells() -> Array2<f32> {
        Array2::from_shape_fn((200, 3), |(i, j)| {
            let t = ((i * 37) % 101) as f32 / 10.0;
            let s = ((i * 61) % 97) as f32 / 50.0;
            [t + s, 2.0 * t - s, 5.0][j]
        })
    }

    #[test]
    fn components_are_orthogonal_ordered_and_rebuild_the_cells() {
        let found = PrincipalComponents::of(cells().view()).unwrap();
        assert_eq!(found.variances.len(), 2, "the third dimension is constant");
        assert!(found.variances[0] > found.variances[1]);
        let gram = found.directions.dot(&found.directions.t());
        assert!((&gram - &Array2::<f64>::eye(2)).iter().all(|v| v.abs() < 1e-12));
        let (_, matrix) = covariance(cells().view());
        let total: f64 = matrix.diag().sum();
        assert!((found.variances.iter().sum::<f64>() - total).abs() < 1e-9 * total);
        let subject = found.subject(cells().view()).unwrap();
        assert_eq!(subject.items(), 4);
        assert!(rebuild(&subject, &subject.activations, cells().view()).r2.unwrap() > 1.0 - 1e-9);
    }

    #[test]
    fn equal_cells_have_no_component() {
        assert!(PrincipalComponents::of(Array2::from_elem((5, 2), 1.0).view()).is_err());
    }
}
