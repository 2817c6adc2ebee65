//! A concept's cells against their counterfactuals (Appendix C of the paper).

use super::{
    Moments,
    moments::Detected,
    together::{GENES, Group, welch_together},
};
use crate::{cells::CountMatrix, ids::CellId};

/// Differential expression of every gene, group against reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Differential {
    /// t statistic; 0 where neither side has any spread.
    pub t: Vec<f64>,
    /// Difference of the means of log-normalised values.
    pub mean_difference: Vec<f64>,
    /// log2 of the ratio of expm1(mean), each with 1e-9 added.
    pub log2_fold_change: Vec<f64>,
    /// Two-sided p.
    pub p: Vec<f64>,
}

/// Welch's t-test of every gene. `totals` are the sums of all measured counts of each cell, so that `counts` may
/// hold only some genes.
///
/// ```
/// use cellprism_core::{cells::CountMatrix, ids::CellId, stats::differential::welch};
///
/// let counts = CountMatrix::from_dense(6, 2, &[9., 1., 8., 2., 9., 1., 1., 9., 2., 8., 1., 9.])?;
/// let (group, reference) = ([0, 1, 2].map(CellId), [3, 4, 5].map(CellId));
/// let found = welch(&counts, &counts.row_sums(), &group, &reference);
/// assert!(found.log2_fold_change[0] > 0.0 && found.log2_fold_change[1] < 0.0);
/// assert!(found.p[0] < 0.05);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn welch(counts: &CountMatrix, totals: &[f64], group: &[CellId], reference: &[CellId]) -> Differential {
    let moments = |cells: &[CellId]| {
        let mut moments = Moments::new(counts.cols);
        cells.iter().for_each(|cell| moments.add(counts.row(cell.index()), totals[cell.index()]));
        moments
    };
    welch_of(&moments(group), &moments(reference))
}

/// The same from the moments of both groups.
///
/// # Panics
/// If they are of different genes.
pub fn welch_of(group: &Moments, reference: &Moments) -> Differential {
    assert_eq!(group.genes(), reference.genes(), "the same genes");
    let both = group.detected_genes().iter().copied().zip(reference.detected_genes().iter().copied());
    differential((group.cells(), reference.cells()), both)
}

/// The same from what is known of every gene in both groups, of so many cells.
pub(super) fn differential(
    (cells, cells_reference): (usize, usize),
    genes: impl ExactSizeIterator<Item = (Detected, Detected)>,
) -> Differential {
    let length = genes.len();
    let empty = || Vec::with_capacity(length.next_multiple_of(GENES));
    let mut found =
        Differential { t: empty(), mean_difference: empty(), log2_fold_change: empty(), p: empty() };
    let (mut group, mut reference) = (Group::new(cells), Group::new(cells_reference));
    let mut genes = genes.fuse();
    while found.t.len() < length {
        for place in 0..GENES {
            let (a, b) = genes.next().unwrap_or_default();
            group.set(place, a);
            reference.set(place, b);
        }
        let together = welch_together(&group, &reference);
        found.t.extend(together.t);
        found.mean_difference.extend(together.mean_difference);
        found.log2_fold_change.extend(together.log2_fold_change);
        found.p.extend(together.p);
    }
    for all in [&mut found.t, &mut found.mean_difference, &mut found.log2_fold_change, &mut found.p] {
        all.truncate(length);
    }
    found
}
