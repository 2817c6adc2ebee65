//! One-to-one pairs of the concepts of two dictionaries: the assignment with the largest sum of cosines.

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::SaeWeights;
use crate::{ids::ConceptId, stats::maximum_assignment};

/// A pair of concepts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Concept of the left dictionary.
    pub left: ConceptId,
    /// Concept of the right dictionary.
    pub right: ConceptId,
    /// Cosine of their dictionary rows.
    pub cosine: f32,
}

/// Two dictionaries that cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("dictionaries of embeddings of size {left} and {right} cannot be matched")]
pub struct SizeError {
    /// d of the left.
    pub left: usize,
    /// d of the right.
    pub right: usize,
}

/// Pairs by the Hungarian method on cosines of dictionary rows, in order of the left concept. Where one dictionary is
/// larger, its surplus concepts have no pair.
///
/// ```
/// use cellprism_core::{ids::ConceptId, sae::{SaeConfig, SaeWeights, matching::match_dictionaries}};
/// use ndarray::{Array1, Array2, array};
///
/// let sae = SaeWeights {
///     config: SaeConfig::new(2, 2, 1)?, // d, c, k
///     w_enc: Array2::eye(2),
///     b_enc: Array1::zeros(2),
///     w_dec: Array2::eye(2),
///     b_dec: Array1::zeros(2),
/// };
/// let other = SaeWeights { w_dec: array![[0.0, 1.0], [0.8, 0.6]], ..sae.clone() };
/// let pairs = match_dictionaries(&sae, &other)?;
/// assert_eq!((pairs[0].right, pairs[1].right), (ConceptId(1), ConceptId(0)));
/// assert_eq!(pairs[1].cosine, 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the embedding sizes differ.
pub fn match_dictionaries(left: &SaeWeights, right: &SaeWeights) -> Result<Vec<Pair>, SizeError> {
    if left.config.d_in != right.config.d_in {
        return Err(SizeError { left: left.config.d_in, right: right.config.d_in });
    }
    let turned = left.config.d_sae > right.config.d_sae;
    let (few, many) = if turned { (right, left) } else { (left, right) };
    let cosines = unit_rows(few.w_dec.view()).dot(&unit_rows(many.w_dec.view()).t());
    let mut pairs: Vec<Pair> = maximum_assignment(cosines.view())
        .into_iter()
        .enumerate()
        .map(|(i, j)| {
            let (l, r) = if turned { (j, i) } else { (i, j) };
            Pair { left: ConceptId::from(l), right: ConceptId::from(r), cosine: cosines[[i, j]] }
        })
        .collect();
    pairs.sort_by_key(|pair| pair.left);
    Ok(pairs)
}

/// Rows divided by their length; rows of zeros stay zero.
fn unit_rows(matrix: ArrayView2<'_, f32>) -> Array2<f32> {
    let mut out = matrix.to_owned();
    for mut row in out.rows_mut() {
        let length = row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        if length > 0.0 {
            row.mapv_inplace(|v| (f64::from(v) / length) as f32);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sae::SaeConfig;
    use ndarray::{Array1, Axis};

    fn with_rows(rows: Array2<f32>) -> SaeWeights {
        let (c, d) = rows.dim();
        SaeWeights {
            config: SaeConfig::new(d, c, 1).unwrap(),
            w_enc: rows.t().to_owned(),
            b_enc: Array1::zeros(c),
            w_dec: rows,
            b_dec: Array1::zeros(d),
        }
    }

    #[test]
    fn a_permuted_dictionary_is_found_again() {
        let rows = Array2::from_shape_fn((20, 8), |(i, j)| (((i * 37 + j * 101) % 53) as f32 - 26.0) / 10.0);
        let order: Vec<usize> = (0..20).map(|i| (i * 7) % 20).collect();
        let all = with_rows(rows.clone());
        let permuted = with_rows(rows.select(Axis(0), &order));
        for pair in match_dictionaries(&permuted, &all).unwrap() {
            assert_eq!(pair.right.index(), order[pair.left.index()]);
            assert!((pair.cosine - 1.0).abs() < 1e-6);
        }
        let few = with_rows(rows.select(Axis(0), &order[..5]));
        for (a, b) in [(&few, &all), (&all, &few)] {
            let pairs = match_dictionaries(a, b).unwrap();
            assert_eq!(pairs.len(), 5);
            assert!(pairs.iter().all(|p| (p.cosine - 1.0).abs() < 1e-6));
        }
        assert!(match_dictionaries(&all, &with_rows(Array2::ones((2, 3)))).is_err());
    }
}
