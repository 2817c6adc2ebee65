//! Wilcoxon's rank-sum test in the normal approximation, as scanpy computes it.
//!
//! Most values are 0 and tie at the lowest rank: only the others are kept and sorted.

use std::ops::Range;

use super::{Contrast, Side, Tested};
use crate::{cells::CountMatrix, parallel, stats::expression::log_normalised};

/// Non-zero values of some genes, with the side that each is on.
#[derive(Clone, Debug)]
pub struct Values {
    genes: Range<usize>,
    entries: Vec<Vec<(f64, bool)>>,
}

impl Values {
    /// Nothing of these genes yet.
    pub fn new(genes: Range<usize>) -> Self {
        Self { entries: vec![Vec::new(); genes.len()], genes }
    }

    /// Takes in cells; the first row is cell `first` of the contrast.
    ///
    /// # Panics
    /// If the contrast has fewer cells.
    pub fn add(&mut self, first: usize, counts: &CountMatrix, contrast: &Contrast) {
        for row in 0..counts.rows {
            let Some(side) = contrast.side(first + row) else { continue };
            let (genes, values) = counts.row(row);
            let total = values.iter().map(|&value| f64::from(value)).sum::<f64>();
            let from = genes.partition_point(|&gene| (gene as usize) < self.genes.start);
            for (&gene, &count) in genes.iter().zip(values).skip(from) {
                if gene as usize >= self.genes.end {
                    break;
                }
                self.entries[gene as usize - self.genes.start]
                    .push((log_normalised(count, total), side == Side::Group));
            }
        }
    }

    /// z and two-sided p of each of the genes. scanpy does not correct for ties unless asked.
    pub fn test(mut self, contrast: &Contrast, correct_ties: bool) -> Vec<Tested> {
        let (group, reference) = (contrast.group(), contrast.reference());
        let mut tested = vec![Tested::default(); self.entries.len()];
        let mut work: Vec<_> = self.entries.iter_mut().zip(&mut tested).collect();
        parallel::for_each_mut(&mut work, |_, (entries, tested)| {
            **tested = rank_sum(entries, group, reference, correct_ties);
        });
        tested
    }
}

/// z and p of one gene from its non-zero values (all above 0) and whether each is of the group; the other cells have 0.
///
/// ```
/// use cellprism_core::stats::differential::rank_sum;
///
/// // 30 cells with values 1 … 30 against 30 cells with 0
/// let mut values: Vec<(f64, bool)> = (1..=30).map(|v| (f64::from(v), true)).collect();
/// let found = rank_sum(&mut values, 30, 30, false);
/// assert!((found.score - 450.0 / (30.0f64 * 30.0 * 61.0 / 12.0).sqrt()).abs() < 1e-12);
/// ```
pub fn rank_sum(entries: &mut [(f64, bool)], group: usize, reference: usize, correct_ties: bool) -> Tested {
    let (n, m, all) = (group as f64, reference as f64, (group + reference) as f64);
    entries.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let zeros = all - entries.len() as f64;
    let zeros_of_group = n - entries.iter().filter(|entry| entry.1).count() as f64;
    let (mut sum, mut ties) = (zeros_of_group * (zeros + 1.0) / 2.0, cubed(zeros));
    let mut below = zeros;
    for tied in entries.chunk_by(|a, b| a.0 == b.0) {
        let count = tied.len() as f64;
        sum += tied.iter().filter(|entry| entry.1).count() as f64 * (below + (count + 1.0) / 2.0);
        ties += cubed(count);
        below += count;
    }
    let correction = if correct_ties && all >= 2.0 { 1.0 - ties / cubed(all) } else { 1.0 };
    let spread = (correction * n * m * (all + 1.0) / 12.0).sqrt();
    let score = (sum - n * (all + 1.0) / 2.0) / spread;
    if score.is_nan() {
        return Tested { score: 0.0, p: 1.0 };
    }
    Tested { score, p: libm::erfc(score.abs() / std::f64::consts::SQRT_2) }
}

/// t³ − t, what t equal values take from the variance.
fn cubed(count: f64) -> f64 {
    count * count * count - count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Mean ranks from comparisons of all pairs.
    fn naive(values: &[(f64, bool)], correct_ties: bool) -> f64 {
        let n = values.iter().filter(|v| v.1).count() as f64;
        let all = values.len() as f64;
        let rank = |v: f64| {
            let less = values.iter().filter(|other| other.0 < v).count() as f64;
            let equal = values.iter().filter(|other| other.0 == v).count() as f64;
            (less + (equal + 1.0) / 2.0, equal)
        };
        let sum: f64 = values.iter().filter(|v| v.1).map(|v| rank(v.0).0).sum();
        // t² − 1 for each of t equal values
        let ties: f64 = values.iter().map(|v| rank(v.0).1.powi(2) - 1.0).sum();
        let correction = if correct_ties { 1.0 - ties / (all.powi(3) - all) } else { 1.0 };
        let score = (sum - n * (all + 1.0) / 2.0) / (correction * n * (all - n) * (all + 1.0) / 12.0).sqrt();
        if score.is_nan() { 0.0 } else { score }
    }

    proptest! {
        #[test]
        fn zeros_need_no_sorting(values in proptest::collection::vec((0u8..4, proptest::bool::ANY), 2..40), correct in proptest::bool::ANY) {
            let all: Vec<(f64, bool)> = values.iter().map(|&(v, side)| (f64::from(v), side)).collect();
            let group = all.iter().filter(|v| v.1).count();
            let mut nonzero: Vec<(f64, bool)> = all.iter().copied().filter(|v| v.0 > 0.0).collect();
            let found = rank_sum(&mut nonzero, group, all.len() - group, correct);
            prop_assert!((found.score - naive(&all, correct)).abs() < 1e-9);
        }
    }
}
