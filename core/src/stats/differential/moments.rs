//! Means, variances and detection of every gene in a group of cells, taken in one cell after another.

use crate::stats::expression::Logarithms;

/// What is known of one gene from the cells that count it (Welford 1962).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Detected {
    cells: f64,
    mean: f64,
    /// Sum of squared distances from the mean.
    squares: f64,
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

    /// Takes in a cell: genes with their counts, and the sum of all its measured counts, so that the row may hold only
    /// some genes.
    ///
    /// # Panics
    /// If a gene is beyond those of [`Moments::new`].
    pub fn add(&mut self, (genes, counts): (&[u32], &[f32]), total: f64) {
        self.cells += 1;
        let mut logarithms = Logarithms::new(total);
        for (&gene, &count) in genes.iter().zip(counts) {
            let value = logarithms.of(count);
            let gene = &mut self.genes[gene as usize];
            gene.cells += 1.0;
            let before = value - gene.mean;
            gene.mean += before / gene.cells;
            gene.squares += before * (value - gene.mean);
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
        let found = self.genes[gene];
        found.mean * found.cells / (self.cells as f64).max(1.0)
    }

    /// Unbiased variance of a gene; 0 in a group of one cell.
    pub fn variance(&self, gene: usize) -> f64 {
        let (found, cells) = (self.genes[gene], self.cells as f64);
        let zeros = cells - found.cells;
        let between = found.mean * found.mean * found.cells * zeros / cells.max(1.0);
        (found.squares + between) / (cells - 1.0).max(1.0)
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
