//! A concept's cells against their counterfactuals (Appendix C of the paper).

use super::{Moments, Tested, genes::log2_fold_change, moments::Detected, t_test::welch_test};
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
    let empty = || Vec::with_capacity(genes.len());
    let mut found =
        Differential { t: empty(), mean_difference: empty(), log2_fold_change: empty(), p: empty() };
    for (group, reference) in genes {
        let (a, b) = (group.mean_among(cells), reference.mean_among(cells_reference));
        let Tested { score, p } = welch_test(
            (a, group.variance_among(cells), cells as f64),
            (b, reference.variance_among(cells_reference), cells_reference as f64),
        );
        // A file of JSON holds no infinite t: without any spread nothing is tested.
        let (t, p) = if score.is_finite() { (score, p) } else { (0.0, 1.0) };
        found.t.push(t);
        found.mean_difference.push(a - b);
        found.log2_fold_change.push(log2_fold_change(a, b));
        found.p.push(p);
    }
    found
}
