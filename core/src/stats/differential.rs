//! Differential expression between two groups of cells, by scanpy's definitions: values are
//! log(1 + counts · 10,000 / total), the test is Welch's, the log2 fold change is that of the back-transformed means.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::{cells::CountMatrix, ids::CellId};

/// Counts per cell after scaling.
const TARGET: f64 = 1e4;

/// Differential expression of every gene, group against reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Differential {
    /// t statistic.
    pub t: Vec<f64>,
    /// Difference of the means of log-normalised values.
    pub mean_difference: Vec<f64>,
    /// log2 of the ratio of expm1(mean), each with 1e-9 added.
    pub log2_fold_change: Vec<f64>,
    /// Two-sided p.
    pub p: Vec<f64>,
}

/// Sums of log-normalised values of some cells, from which means and variances follow: cells are added one by one, so that
/// nobody has to hold their counts at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    sum: Vec<f64>,
    squares: Vec<f64>,
    cells: usize,
}

impl Moments {
    /// Of no cell yet.
    pub fn new(genes: usize) -> Self {
        Self { sum: vec![0.0; genes], squares: vec![0.0; genes], cells: 0 }
    }

    /// Adds a cell; `total` is the sum of all its measured counts, so that the row may hold only some genes.
    ///
    /// # Panics
    /// If a gene is beyond those of [`Moments::new`].
    pub fn add(&mut self, (genes, counts): (&[u32], &[f32]), total: f64) {
        for (&gene, &count) in genes.iter().zip(counts) {
            let value = if total > 0.0 { libm::log1p(f64::from(count) * (TARGET / total)) } else { 0.0 };
            self.sum[gene as usize] += value;
            self.squares[gene as usize] += value * value;
        }
        self.cells += 1;
    }

    /// Cells that were added.
    pub fn cells(&self) -> usize {
        self.cells
    }

    /// Mean and variance of a gene.
    fn of(&self, gene: usize) -> (f64, f64) {
        let n = self.cells as f64;
        let mean = self.sum[gene] / n;
        let unbiased = n / (n - 1.0).max(1.0);
        (mean, ((self.squares[gene] / n - mean * mean) * unbiased).max(0.0))
    }
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
        let mut found = Moments::new(counts.cols);
        cells.iter().for_each(|cell| found.add(counts.row(cell.index()), totals[cell.index()]));
        found
    };
    welch_of(&moments(group), &moments(reference))
}

/// The same from sums over the cells of both groups.
///
/// # Panics
/// If they are of different genes.
pub fn welch_of(group: &Moments, reference: &Moments) -> Differential {
    let genes = group.sum.len();
    assert_eq!(genes, reference.sum.len(), "the same genes");
    let mut found = Differential {
        t: Vec::with_capacity(genes),
        mean_difference: Vec::with_capacity(genes),
        log2_fold_change: Vec::with_capacity(genes),
        p: Vec::with_capacity(genes),
    };
    let sizes = (group.cells as f64, reference.cells as f64);
    for gene in 0..genes {
        let ((mean_a, var_a), (mean_b, var_b)) = (group.of(gene), reference.of(gene));
        let (t, p) = welch_test((mean_a, var_a, sizes.0), (mean_b, var_b, sizes.1));
        let ratio = (mean_a.exp_m1() + 1e-9) / (mean_b.exp_m1() + 1e-9);
        found.t.push(t);
        found.mean_difference.push(mean_a - mean_b);
        found.p.push(p);
        found.log2_fold_change.push(ratio.log2());
    }
    found
}

/// t and two-sided p from mean, variance and size of two groups; 0 and 1 where there is no spread.
fn welch_test((mean_a, var_a, n_a): (f64, f64, f64), (mean_b, var_b, n_b): (f64, f64, f64)) -> (f64, f64) {
    let (a, b) = (var_a / n_a, var_b / n_b);
    let t = (mean_a - mean_b) / (a + b).sqrt();
    if !t.is_finite() {
        return (0.0, 1.0);
    }
    let freedom = (a + b) * (a + b) / (a * a / (n_a - 1.0) + b * b / (n_b - 1.0));
    match StudentsT::new(0.0, 1.0, freedom) {
        Ok(distribution) => (t, 2.0 * distribution.cdf(-t.abs())),
        Err(_) => (t, 1.0),
    }
}

/// Benjamini–Hochberg adjusted p-values, in the order given.
///
/// ```
/// use cellprism_core::stats::differential::benjamini_hochberg;
///
/// assert_eq!(benjamini_hochberg(&[0.5, 0.01, 0.02]), [0.5, 0.03, 0.03]);
/// ```
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[b].total_cmp(&p[a]));
    let mut adjusted = vec![0.0; p.len()];
    let mut smallest = 1.0f64;
    for (above, &i) in order.iter().enumerate() {
        let rank = (p.len() - above) as f64;
        smallest = smallest.min(p[i] * p.len() as f64 / rank);
        adjusted[i] = smallest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn welch_equals_a_worked_example() {
        // scipy.stats.ttest_ind_from_stats(1.2, 0.5, 12, 0.7, 0.8, 20, equal_var=False)
        let (t, p) = welch_test((1.2, 0.25, 12.0), (0.7, 0.64, 20.0));
        assert!((t - 2.175_284_165_054_8).abs() < 1e-9, "{t}");
        assert!((p - 0.037_647_869_358_262).abs() < 1e-10, "{p}");
    }

    #[test]
    fn adjusted_p_keeps_the_order() {
        assert_eq!(benjamini_hochberg(&[0.01, 0.04, 0.03, 0.5]), [0.04, 0.16 / 3.0, 0.16 / 3.0, 0.5]);
    }
}
