//! Which concepts come back when the same dictionary is learned again from other seeds.
//!
//! A concept counts as found in another dictionary where its one-to-one partner there (Hungarian method on cosines)
//! points the same way, cosine ≥ a threshold.

use ndarray::Axis;
use serde::{Deserialize, Serialize};

use super::{
    ConfigError, Origin, SaeConfig, SaeWeights,
    matching::{MatchError, match_dictionaries},
};
use crate::ids::ConceptId;

/// How often a concept of the first dictionary is found in the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recurrence {
    /// The concept.
    pub concept: ConceptId,
    /// Dictionaries that have it, the first included.
    pub found: u32,
    /// Mean cosine with its partners, those that point elsewhere included; 1 where there is one dictionary only.
    pub mean_cosine: f64,
    /// Least cosine among them.
    pub least_cosine: f32,
    /// Partner and cosine in each other dictionary, in order; nothing where that is smaller and has none left.
    pub partners: Vec<Option<(ConceptId, f32)>>,
}

/// Looks for the concepts of the first dictionary in all others; those known to be dead are left out on both sides.
///
/// # Errors
/// If the dictionaries are of embeddings of different sizes, or known to be of different models.
pub fn consensus(
    first: &SaeWeights,
    others: &[SaeWeights],
    cosine: f32,
) -> Result<Vec<Recurrence>, MatchError> {
    let mut partners: Vec<Vec<Option<(ConceptId, f32)>>> = vec![Vec::new(); first.config.d_sae];
    for other in others {
        let mut found = vec![None; first.config.d_sae];
        for pair in match_dictionaries(first, other)? {
            found[pair.left.index()] = Some((pair.right, pair.cosine));
        }
        partners.iter_mut().zip(found).for_each(|(all, one)| all.push(one));
    }
    let recurrence = |(concept, partners): (usize, Vec<Option<(ConceptId, f32)>>)| {
        let cosines: Vec<f32> = partners.iter().map(|p| p.map_or(0.0, |p| p.1)).collect();
        let sum: f64 = cosines.iter().map(|&c| f64::from(c)).sum();
        Recurrence {
            concept: ConceptId::from(concept),
            found: 1 + cosines.iter().filter(|&&c| c >= cosine).count() as u32,
            mean_cosine: if cosines.is_empty() { 1.0 } else { sum / cosines.len() as f64 },
            least_cosine: cosines.iter().copied().fold(1.0, f32::min),
            partners,
        }
    };
    let alive = first.alive()?;
    let mut partners: Vec<_> = partners.into_iter().map(Some).collect();
    let of_alive = alive.iter().filter_map(|id| Some((id.index(), partners[id.index()].take()?)));
    Ok(of_alive.map(recurrence).collect())
}

/// The dictionary with these concepts only, in this order; k stays, and which of them were dead.
///
/// # Errors
/// If fewer than k concepts are left, one of them does not exist, or what the dictionary says of itself is damaged.
pub fn reduced(weights: &SaeWeights, concepts: &[ConceptId]) -> Result<SaeWeights, ReduceError> {
    let SaeConfig { d_sae, k, .. } = weights.config;
    if let Some(unknown) = concepts.iter().find(|concept| concept.index() >= d_sae) {
        return Err(ReduceError::Unknown { concept: unknown.0, concepts: d_sae });
    }
    if concepts.len() < k {
        return Err(ReduceError::TooFew { left: concepts.len(), k });
    }
    let rows: Vec<usize> = concepts.iter().map(|concept| concept.index()).collect();
    let mut config = SaeConfig { d_sae: rows.len(), ..weights.config.clone() };
    let origin = weights.config.origin()?;
    if let Some(dead) = &origin.dead {
        let still =
            (0..rows.len()).filter(|&row| dead.contains(&concepts[row])).map(ConceptId::from).collect();
        config.set_origin(&Origin { dead: Some(still), ..origin })?;
    }
    Ok(SaeWeights {
        config,
        w_enc: weights.w_enc.select(Axis(1), &rows),
        b_enc: weights.b_enc.select(Axis(0), &rows),
        w_dec: weights.w_dec.select(Axis(0), &rows),
        b_dec: weights.b_dec.clone(),
    })
}

/// Why a dictionary cannot be reduced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReduceError {
    /// TopK needs k concepts.
    #[error("{left} concepts are left, fewer than the {k} that are active in each cell")]
    TooFew {
        /// Concepts left.
        left: usize,
        /// k.
        k: usize,
    },
    /// No such concept.
    #[error("concept {concept}: the dictionary has {concepts}")]
    Unknown {
        /// The concept.
        concept: u32,
        /// c.
        concepts: usize,
    },
    /// What the dictionary says about itself is damaged.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, s};
    use proptest::prelude::*;

    use super::*;

    fn with_rows(rows: Array2<f32>) -> SaeWeights {
        let (c, d) = rows.dim();
        SaeWeights {
            config: SaeConfig::new(d, c, 2).unwrap(),
            w_enc: rows.t().to_owned(),
            b_enc: (0..c).map(|i| i as f32).collect(),
            w_dec: rows,
            b_dec: Array1::zeros(d),
        }
    }

    fn rows(c: usize, shift: usize) -> Array2<f32> {
        Array2::from_shape_fn((c, 8), |(i, j)| ((((i + shift) * 37 + j * j * 101) % 53) as f32 - 26.0) / 10.0)
    }

    proptest! {
        #[test]
        fn permuted_copies_have_every_concept(order in Just((0..12usize).collect::<Vec<_>>()).prop_shuffle()) {
            let first = with_rows(rows(12, 0));
            let copy = with_rows(first.w_dec.select(Axis(0), &order));
            for found in consensus(&first, &[copy.clone(), copy], 0.99).unwrap() {
                prop_assert_eq!(found.found, 3);
                let (partner, cosine) = found.partners[1].unwrap();
                prop_assert_eq!(order[partner.index()], found.concept.index());
                prop_assert!((cosine - 1.0).abs() < 1e-6 && (found.mean_cosine - 1.0).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn concepts_that_are_elsewhere_are_not_found() {
        let first = with_rows(rows(12, 0));
        let half = with_rows(first.w_dec.slice(s![..6, ..]).to_owned());
        let turned = with_rows(-&first.w_dec);
        let found = consensus(&first, &[half, turned], 0.99).unwrap();
        assert!(found[..6].iter().all(|r| r.found == 2), "in the half, not in the one that points away");
        assert!(found[6..].iter().all(|r| r.found == 1 && r.partners[0].is_none()));
        assert!(consensus(&first, &[with_rows(Array2::ones((3, 4)))], 0.5).is_err());
        assert!(consensus(&first, &[], 0.5).unwrap().iter().all(|r| r.found == 1 && r.mean_cosine == 1.0));
    }

    #[test]
    fn a_reduced_dictionary_has_the_concepts_in_order() {
        let all = with_rows(rows(6, 1));
        let few = reduced(&all, &[ConceptId(4), ConceptId(1)]).unwrap();
        assert_eq!((few.config.d_sae, few.config.k), (2, 2));
        assert_eq!((few.w_dec.row(0), few.w_enc.column(1)), (all.w_dec.row(4), all.w_enc.column(1)));
        assert_eq!(few.b_enc.to_vec(), [4.0, 1.0]);
        assert!(matches!(reduced(&all, &[ConceptId(0)]), Err(ReduceError::TooFew { left: 1, k: 2 })));
        let mut known = all.clone();
        let dead = Some(vec![ConceptId(1), ConceptId(5)]);
        known.config.set_origin(&Origin { dead, ..Origin::default() }).unwrap();
        let few = reduced(&known, &[ConceptId(4), ConceptId(1), ConceptId(2)]).unwrap();
        assert_eq!(
            few.config.origin().unwrap().dead,
            Some(vec![ConceptId(1)]),
            "of the three, the second was dead"
        );
        let found = consensus(&known, std::slice::from_ref(&all), 0.99).unwrap();
        assert_eq!(found.iter().map(|r| r.concept.0).collect::<Vec<_>>(), [0, 2, 3, 4]);
        assert!(matches!(reduced(&all, &[ConceptId(6)]), Err(ReduceError::Unknown { .. })));
    }
}
