//! Means, variances and detection of every gene in a group of cells, taken in one cell after another.

use crate::stats::expression::Logarithms;

/// What is known of one gene from the cells that count it: no division for a value, and half a cache line. Logarithms of
/// normalised counts are nowhere so much larger than they are spread that squares would hide the spread.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(32))]
pub(super) struct Detected {
    pub(super) cells: f64,
    pub(super) sum: f64,
    pub(super) squares: f64,
}

impl Detected {
    #[inline(always)]
    fn add(&mut self, value: f64) {
        self.cells += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    /// Mean of the cells that count it; 0 without any.
    #[inline(always)]
    fn mean(&self) -> f64 {
        self.sum / at_least_one(self.cells)
    }

    /// Sum of squared distances from that mean; 0 where it is no more than what rounding may leave of equal values.
    #[inline(always)]
    fn spread(&self) -> f64 {
        let spread = self.squares - self.sum * self.mean();
        if spread > self.cells * f64::EPSILON * self.squares { spread } else { 0.0 }
    }

    /// Mean among so many cells, of which the others do not count it; 0 without cells.
    #[inline(always)]
    pub(super) fn mean_among(&self, cells: f64) -> f64 {
        self.sum / at_least_one(cells)
    }

    /// Unbiased variance among so many cells; 0 in a group of one cell.
    #[inline(always)]
    pub(super) fn variance_among(&self, cells: f64) -> f64 {
        let (mean, zeros) = (self.mean(), cells - self.cells);
        let between = mean * mean * self.cells * zeros / at_least_one(cells);
        (self.spread() + between) / at_least_one(cells - 1.0)
    }
}

/// A comparison, which vectors do as well.
#[inline(always)]
fn at_least_one(cells: f64) -> f64 {
    if cells > 1.0 { cells } else { 1.0 }
}

/// Moments of log-normalised expression in a group of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    cells: usize,
    genes: Vec<Detected>,
}

impl Moments {
    /// No cell yet.
    pub fn new(genes: usize) -> Self {
        Self { cells: 0, genes: vec![Detected::default(); genes] }
    }

    /// What is known of every gene.
    pub(super) fn detected_genes(&self) -> &[Detected] {
        &self.genes
    }

    /// Takes in a cell: genes with their counts, and the sum of all its measured counts, so that the row may hold only
    /// some genes.
    ///
    /// # Panics
    /// If a gene is beyond those of [`Moments::new`].
    pub fn add(&mut self, (genes, counts): (&[u32], &[f32]), total: f64) {
        self.cells += 1;
        let mut logarithms = Logarithms::new(total);
        for (&gene, &count) in genes.iter().zip(counts) {
            self.genes[gene as usize].add(logarithms.of(count));
        }
    }

    /// Cells taken in.
    pub fn cells(&self) -> usize {
        self.cells
    }

    /// Genes.
    pub fn genes(&self) -> usize {
        self.genes.len()
    }

    /// Mean of a gene, 0 without cells.
    pub fn mean(&self, gene: usize) -> f64 {
        self.genes[gene].mean_among(self.cells as f64)
    }

    /// Unbiased variance of a gene; 0 in a group of one cell.
    pub fn variance(&self, gene: usize) -> f64 {
        self.genes[gene].variance_among(self.cells as f64)
    }

    /// Share of the cells that count a gene.
    pub fn detected(&self, gene: usize) -> f64 {
        self.genes[gene].cells / (self.cells as f64).max(1.0)
    }

    /// Cells that count a gene.
    pub fn detections(&self, gene: usize) -> usize {
        self.genes[gene].cells as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{cells::CountMatrix, stats::expression::log_normalised};

    #[test]
    fn equal_values_have_no_spread() {
        let counts = CountMatrix::from_dense(300, 1, &[7.0; 300]).unwrap();
        let mut moments = Moments::new(1);
        (0..300).for_each(|cell| moments.add(counts.row(cell), 113.0));
        assert_eq!(moments.variance(0), 0.0);
        moments.add(counts.row(0), 112.0);
        assert!(moments.variance(0) > 0.0, "a hundredth more in one of 301 cells is a spread");
    }

    proptest! {
        #[test]
        fn they_are_the_moments_of_all_values(dense in proptest::collection::vec(0u8..4, 3 * 7)) {
            // whole and broken, small and large counts
            let dense: Vec<f32> = dense.iter().map(|&v| [0.0, 1.0, 2.5, 300.0][usize::from(v)]).collect();
            let counts = CountMatrix::from_dense(7, 3, &dense).unwrap();
            let mut moments = Moments::new(3);
            let totals = counts.row_sums();
            (0..7).for_each(|cell| moments.add(counts.row(cell), totals[cell]));
            for gene in 0..3 {
                let values: Vec<f64> =
                    (0..7).map(|cell| log_normalised(dense[cell * 3 + gene], totals[cell])).collect();
                let mean = values.iter().sum::<f64>() / 7.0;
                let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / 6.0;
                prop_assert!((moments.mean(gene) - mean).abs() < 1e-12);
                prop_assert!((moments.variance(gene) - variance).abs() < 1e-10);
                let detected = values.iter().filter(|&&v| v > 0.0).count();
                prop_assert_eq!(moments.detections(gene), detected);
            }
        }
    }
}
