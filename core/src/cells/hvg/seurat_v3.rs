//! Flavour `seurat_v3`: variance of standardised counts, clipped at √n (Stuart et al. 2019; scanpy 1.11).

use super::{HvgError, Loess, Selection, check_genes};
use crate::cells::CountMatrix;

/// Chooses the `top` genes of highest normalised variance; `span` is the smoothing of the trend, usually
/// [`super::SPAN`].
///
/// ```
/// use cellprism_core::cells::{hvg::{SPAN, seurat_v3}, simulate::{SimulateOptions, simulate}};
///
/// let simulated = simulate(&SimulateOptions { cells: 300, genes: 600, ..SimulateOptions::default() })?;
/// let chosen = seurat_v3(&simulated.cells.counts, 100, SPAN)?;
/// assert_eq!(chosen.genes.len(), 100);
/// assert!(chosen.genes.windows(2).all(|pair| pair[0] < pair[1]), "in the data's order");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If there are fewer than two cells, or the trend cannot be fitted.
pub fn seurat_v3(counts: &CountMatrix, top: usize, span: f64) -> Result<Selection, HvgError> {
    let mut moments = Moments::new(counts.cols);
    moments.add(counts)?;
    let mut clipped = moments.trend(span)?;
    clipped.add(counts)?;
    Ok(clipped.select(top))
}

/// First pass: sums and sums of squares by gene.
#[derive(Clone, Debug)]
pub struct Moments {
    cells: usize,
    sum: Vec<f64>,
    squares: Vec<f64>,
}

impl Moments {
    /// No cells yet.
    pub fn new(genes: usize) -> Self {
        Self { cells: 0, sum: vec![0.0; genes], squares: vec![0.0; genes] }
    }

    /// Adds cells.
    ///
    /// # Errors
    /// If they have another number of genes.
    pub fn add(&mut self, counts: &CountMatrix) -> Result<(), HvgError> {
        check_genes(self.sum.len(), counts.cols)?;
        self.cells += counts.rows;
        for (&gene, &count) in counts.indices.iter().zip(&counts.values) {
            let count = f64::from(count);
            self.sum[gene as usize] += count;
            self.squares[gene as usize] += count * count;
        }
        Ok(())
    }

    /// Fits the trend of log10 variance over log10 mean, which says where each gene is clipped.
    ///
    /// # Errors
    /// If there are fewer than two cells, or the trend cannot be fitted.
    pub fn trend(self, span: f64) -> Result<Clipped, HvgError> {
        let Self { cells, sum, squares } = self;
        if cells < 2 {
            return Err(HvgError::TooFewCells { cells });
        }
        let n = cells as f64;
        let mean: Vec<f64> = sum.iter().map(|sum| sum / n).collect();
        let variance: Vec<f64> = squares
            .iter()
            .zip(&mean)
            .map(|(square, mean)| (square / n - mean * mean) * (n / (n - 1.0)))
            .collect();
        let varies: Vec<usize> = (0..mean.len()).filter(|&gene| variance[gene] > 0.0).collect();
        let x: Vec<f64> = varies.iter().map(|&gene| mean[gene].log10()).collect();
        let y: Vec<f64> = varies.iter().map(|&gene| variance[gene].log10()).collect();
        let trend = Loess::fit(&x, &y, span)?;
        let mut expected_sd = vec![1.0; mean.len()];
        for (&gene, &x) in varies.iter().zip(&x) {
            expected_sd[gene] = 10f64.powf(trend.at(x)).sqrt();
        }
        let limit = expected_sd.iter().zip(&mean).map(|(sd, mean)| sd * n.sqrt() + mean).collect();
        let zeros = vec![0.0; mean.len()];
        Ok(Clipped { cells, mean, variance, expected_sd, limit, sum: zeros.clone(), squares: zeros })
    }
}

/// Second pass: sums of clipped counts.
#[derive(Clone, Debug)]
pub struct Clipped {
    cells: usize,
    mean: Vec<f64>,
    variance: Vec<f64>,
    expected_sd: Vec<f64>,
    limit: Vec<f64>,
    sum: Vec<f64>,
    squares: Vec<f64>,
}

impl Clipped {
    /// Adds the same cells again.
    ///
    /// # Errors
    /// If they have another number of genes.
    pub fn add(&mut self, counts: &CountMatrix) -> Result<(), HvgError> {
        check_genes(self.sum.len(), counts.cols)?;
        for (&gene, &count) in counts.indices.iter().zip(&counts.values) {
            let gene = gene as usize;
            let count = f64::from(count).min(self.limit[gene]);
            self.sum[gene] += count;
            self.squares[gene] += count * count;
        }
        Ok(())
    }

    /// The `top` genes; ties go to the lower column.
    pub fn select(self, top: usize) -> Selection {
        let n = self.cells as f64;
        let normalised: Vec<f64> = (0..self.mean.len())
            .map(|gene| {
                let (mean, sd) = (self.mean[gene], self.expected_sd[gene]);
                1.0 / ((n - 1.0) * sd * sd)
                    * (n * mean * mean + self.squares[gene] - 2.0 * self.sum[gene] * mean)
            })
            .collect();
        let mut order: Vec<u32> = (0..normalised.len() as u32).collect();
        order.sort_by(|&a, &b| normalised[b as usize].total_cmp(&normalised[a as usize]));
        order.truncate(top);
        order.sort_unstable();
        Selection { genes: order, mean: self.mean, spread: self.variance, normalised }
    }
}
