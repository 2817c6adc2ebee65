//! A comparison gene by gene, in scanpy's columns and order.

use super::{Contrast, Method, Moments, Side, Tested, Values, benjamini_hochberg, t_test};
use crate::cells::CountMatrix;

/// One gene of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeneDifference {
    /// Column of the counts.
    pub gene: usize,
    /// t or z: scanpy's `scores`.
    pub score: f64,
    /// log2 of the ratio of expm1(mean), each with 1e-9 added.
    pub log2_fold_change: f64,
    /// Two-sided p.
    pub p: f64,
    /// Benjamini–Hochberg over all genes.
    pub p_adjusted: f64,
    /// Share of the group's cells that count the gene.
    pub detected: f64,
    /// Share of the reference's cells that do.
    pub detected_reference: f64,
}

/// Moments of both sides, taken in some cells at a time.
#[derive(Clone, Debug)]
pub struct BothSides {
    group: Moments,
    reference: Moments,
}

impl BothSides {
    /// No cell yet.
    pub fn new(genes: usize) -> Self {
        Self { group: Moments::new(genes), reference: Moments::new(genes) }
    }

    /// Takes in cells; the first row is cell `first` of the contrast.
    ///
    /// # Panics
    /// If the contrast has fewer cells.
    pub fn add(&mut self, first: usize, counts: &CountMatrix, contrast: &Contrast) {
        for (row, total) in counts.row_sums().into_iter().enumerate() {
            match contrast.side(first + row) {
                Some(Side::Group) => self.group.add(counts.row(row), total),
                Some(Side::Reference) => self.reference.add(counts.row(row), total),
                None => {}
            }
        }
    }

    /// t and p of every gene.
    pub fn t_test(&self, overestimate: bool) -> Vec<Tested> {
        t_test(&self.group, &self.reference, overestimate)
    }

    /// Cells on both sides that count a gene.
    pub fn detections(&self, gene: usize) -> usize {
        self.group.detections(gene) + self.reference.detections(gene)
    }

    /// Every gene with its test, scores falling; equal scores in the order of the genes.
    pub fn genes(&self, tested: &[Tested]) -> Vec<GeneDifference> {
        let adjusted = benjamini_hochberg(&tested.iter().map(|found| found.p).collect::<Vec<_>>());
        let mut genes: Vec<GeneDifference> = tested
            .iter()
            .zip(adjusted)
            .enumerate()
            .map(|(gene, (&Tested { score, p }, p_adjusted))| GeneDifference {
                gene,
                score,
                log2_fold_change: log2_fold_change(self.group.mean(gene), self.reference.mean(gene)),
                p,
                p_adjusted,
                detected: self.group.detected(gene),
                detected_reference: self.reference.detected(gene),
            })
            .collect();
        genes.sort_by(|a, b| b.score.total_cmp(&a.score));
        genes
    }
}

/// scanpy's fold change of two means of log-normalised expression.
pub(super) fn log2_fold_change(group: f64, reference: f64) -> f64 {
    ((libm::expm1(group) + 1e-9) / (libm::expm1(reference) + 1e-9)).log2()
}

/// Compares two groups of cells whose counts are in memory. What reads cells some at a time uses [`BothSides`] and [`Values`].
///
/// ```
/// use cellprism_core::{cells::CountMatrix, stats::differential::{Contrast, Method, Side, compare}};
///
/// let counts = CountMatrix::from_dense(6, 2, &[9., 1., 8., 2., 9., 1., 1., 9., 2., 8., 1., 9.])?;
/// let sides = (0..6).map(|cell| Some(if cell < 3 { Side::Group } else { Side::Reference }));
/// let found = compare(&counts, &Contrast::new(sides.collect())?, Method::TTest);
/// assert_eq!((found[0].gene, found[1].gene), (0, 1)); // the first gene is higher in the group
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If the contrast has fewer cells.
pub fn compare(counts: &CountMatrix, contrast: &Contrast, method: Method) -> Vec<GeneDifference> {
    let mut sides = BothSides::new(counts.cols);
    sides.add(0, counts, contrast);
    let tested = match method {
        Method::TTest => sides.t_test(false),
        Method::TTestOverestimVar => sides.t_test(true),
        Method::Wilcoxon { correct_ties } => {
            let mut values = Values::new(0..counts.cols);
            values.add(0, counts, contrast);
            values.test(contrast, correct_ties)
        }
    };
    sides.genes(&tested)
}
