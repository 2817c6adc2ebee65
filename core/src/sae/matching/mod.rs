//! One-to-one pairs of the concepts of two dictionaries: the assignment with the largest sum of cosines, over the
//! concepts that are alive; and what pairs of random dictionaries reach, so that a cosine can be told from chance.

mod correlation;
mod null;

use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::{ConfigError, SaeWeights, SourceModel};
use crate::{ids::ConceptId, stats::maximum_assignment};

pub use correlation::correlations;
pub use null::{Null, Null95, Shape, null};

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
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MatchError {
    /// Embeddings of other sizes.
    #[error("dictionaries of embeddings of size {left} and {right} cannot be matched")]
    Size {
        /// d of the left.
        left: usize,
        /// d of the right.
        right: usize,
    },
    /// Embeddings of other models: their directions mean nothing to each other.
    #[error(
        "dictionaries of two models cannot be matched: the left is of {left}, the right of {right}; their embeddings share no directions"
    )]
    Model {
        /// Model of the left.
        left: SourceModel,
        /// Model of the right.
        right: SourceModel,
    },
    /// What a dictionary says about itself is damaged.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Concepts that can have a partner, with their directions.
#[derive(Clone, Debug)]
struct Alive {
    /// The concepts, ascending.
    ids: Vec<ConceptId>,
    /// Their dictionary rows, of length 1.
    rows: Array2<f32>,
}

impl Alive {
    fn of(sae: &SaeWeights) -> Result<Self, ConfigError> {
        let ids = sae.alive()?;
        let rows: Vec<usize> = ids.iter().map(|id| id.index()).collect();
        Ok(Self { ids, rows: unit_rows(sae.w_dec.select(Axis(0), &rows)) })
    }
}

/// Checks that directions of both dictionaries mean the same.
fn check(left: &SaeWeights, right: &SaeWeights) -> Result<(), MatchError> {
    if left.config.d_in != right.config.d_in {
        return Err(MatchError::Size { left: left.config.d_in, right: right.config.d_in });
    }
    match (left.config.origin()?.model, right.config.origin()?.model) {
        (Some(left), Some(right)) if left.differs(&right) => Err(MatchError::Model { left, right }),
        _ => Ok(()),
    }
}

/// Pairs by the Hungarian method on cosines of dictionary rows, in order of the left concept. Concepts that are known to
/// be dead have no pair; where one dictionary is larger, neither have its surplus concepts.
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
/// If the embedding sizes differ, or the dictionaries are known to be of two models.
pub fn match_dictionaries(left: &SaeWeights, right: &SaeWeights) -> Result<Vec<Pair>, MatchError> {
    check(left, right)?;
    let (left, right) = (Alive::of(left)?, Alive::of(right)?);
    let named = |(l, r, cosine): (usize, usize, f32)| Pair { left: left.ids[l], right: right.ids[r], cosine };
    Ok(assign(left.rows.view(), right.rows.view()).into_iter().map(named).collect())
}

/// Rows of the left with rows of the right, all of length 1, and their cosines; in order of the left.
fn assign(left: ArrayView2<'_, f32>, right: ArrayView2<'_, f32>) -> Vec<(usize, usize, f32)> {
    if left.is_empty() || right.is_empty() {
        return Vec::new();
    }
    let turned = left.nrows() > right.nrows();
    let (few, many) = if turned { (right, left) } else { (left, right) };
    let cosines = few.dot(&many.t());
    let pair = |(i, j): (usize, usize)| {
        let (l, r) = if turned { (j, i) } else { (i, j) };
        (l, r, cosines[[i, j]])
    };
    let mut pairs: Vec<_> = maximum_assignment(cosines.view()).into_iter().enumerate().map(pair).collect();
    pairs.sort_by_key(|pair| pair.0);
    pairs
}

/// Rows divided by their length; rows of zeros stay zero.
fn unit_rows(mut matrix: Array2<f32>) -> Array2<f32> {
    for mut row in matrix.rows_mut() {
        let length = row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        if length > 0.0 {
            row.mapv_inplace(|v| (f64::from(v) / length) as f32);
        }
    }
    matrix
}

#[cfg(test)]
pub(super) fn with_rows(rows: Array2<f32>) -> SaeWeights {
    let (c, d) = rows.dim();
    SaeWeights {
        config: super::SaeConfig::new(d, c, 1).unwrap(),
        w_enc: rows.t().to_owned(),
        b_enc: ndarray::Array1::zeros(c),
        w_dec: rows,
        b_dec: ndarray::Array1::zeros(d),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sae::Origin;

    fn some_rows() -> Array2<f32> {
        Array2::from_shape_fn((20, 8), |(i, j)| (((i * 37 + j * 101) % 53) as f32 - 26.0) / 10.0)
    }

    #[test]
    fn a_permuted_dictionary_is_found_again() {
        let rows = some_rows();
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

    fn known(rows: Array2<f32>, dead: &[usize], model: &str) -> SaeWeights {
        let mut sae = with_rows(rows);
        let model = SourceModel { name: format!("model {model}"), source_sha256: model.repeat(32) };
        let dead = Some(dead.iter().map(|&concept| ConceptId::from(concept)).collect());
        sae.config.set_origin(&Origin { dead, cells: Some(9), model: Some(model) }).unwrap();
        sae
    }

    #[test]
    fn dead_concepts_have_no_partner_also_where_they_are_the_same() {
        let dead: Vec<usize> = (5..20).collect();
        let (a, b) = (known(some_rows(), &dead, "a1"), known(some_rows(), &dead[1..], "a1"));
        let pairs = match_dictionaries(&a, &b).unwrap();
        assert_eq!(pairs.iter().map(|pair| pair.left.0).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert!(pairs.iter().all(|pair| pair.left == pair.right));
        let all: Vec<usize> = (0..20).collect();
        assert!(match_dictionaries(&a, &known(some_rows(), &all, "a1")).unwrap().is_empty());
    }

    #[test]
    fn dictionaries_of_two_models_are_refused_and_both_named() {
        let (a, b) = (known(some_rows(), &[], "a1"), known(some_rows(), &[], "b2"));
        let said = match_dictionaries(&a, &b).unwrap_err().to_string();
        assert!(said.contains("model a1 (checkpoint a1a1a1a1a1a1…)") && said.contains("model b2"), "{said}");
        assert_eq!(match_dictionaries(&a, &with_rows(some_rows())).unwrap().len(), 20, "one is not known");
    }
}
