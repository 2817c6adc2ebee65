//! Concepts that are active in the same cells, or whose dictionary columns point the same way.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::Activations;
use crate::ids::ConceptId;

/// A related concept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Related {
    /// Its number.
    pub id: ConceptId,
    /// Cells in which both are active.
    pub shared: u32,
    /// Shared over all cells of either.
    pub jaccard: f32,
    /// Cosine of the dictionary columns.
    pub cosine: f32,
}

/// The `n` concepts that share most cells with `concept` (by Jaccard index) and the `n` most alike (by cosine
/// of dictionary rows, `dictionary` being `[concepts, d]`); dead concepts are left out.
///
/// ```
/// use cellprism_core::{concepts::{Activations, related}, ids::ConceptId};
/// use ndarray::array;
///
/// // concepts 0 and 1 share one of their cells
/// let activations = Activations::from_codes(3, 2, 2, &[0, 1, 0, 1, 0, 1], &[1.0, 2.0, 1.0, 0.0, 0.0, 1.0]);
/// let (coactive, alike) = related(&activations, array![[1.0, 0.0], [0.6, 0.8]].view(), ConceptId(0), 5);
/// assert_eq!((coactive[0].id, coactive[0].shared), (ConceptId(1), 1));
/// assert_eq!(alike[0].cosine, 0.6);
/// ```
pub fn related(
    activations: &Activations,
    dictionary: ArrayView2<'_, f32>,
    concept: ConceptId,
    n: usize,
) -> (Vec<Related>, Vec<Related>) {
    let own = activations.of(concept);
    let mask = own.mask(activations.cells);
    let row = dictionary.row(concept.index());
    let all: Vec<Related> = activations
        .iter()
        .filter(|(other, active)| *other != concept && !active.is_empty())
        .map(|(other, active)| {
            let shared = active.cells.iter().filter(|cell| mask[cell.index()]).count();
            let either = own.len() + active.len() - shared;
            Related {
                id: other,
                shared: shared as u32,
                jaccard: if either == 0 { 0.0 } else { shared as f32 / either as f32 },
                cosine: cosine(row.iter(), dictionary.row(other.index()).iter()),
            }
        })
        .collect();
    (best(&all, n, |r| r.jaccard), best(&all, n, |r| r.cosine))
}

fn best(all: &[Related], n: usize, by: impl Fn(&Related) -> f32) -> Vec<Related> {
    let mut sorted: Vec<&Related> = all.iter().filter(|r| by(r) > 0.0).collect();
    sorted.sort_by(|a, b| by(b).total_cmp(&by(a)).then(a.id.cmp(&b.id)));
    sorted.into_iter().take(n).cloned().collect()
}

fn cosine<'a>(a: impl Iterator<Item = &'a f32>, b: impl Iterator<Item = &'a f32>) -> f32 {
    let (mut ab, mut aa, mut bb) = (0.0f64, 0.0f64, 0.0f64);
    for (&a, &b) in a.zip(b) {
        let (a, b) = (f64::from(a), f64::from(b));
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    let norm = (aa * bb).sqrt();
    if norm == 0.0 { 0.0 } else { (ab / norm) as f32 }
}
