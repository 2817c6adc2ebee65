//! The score of a list of genes in every cell.

use super::{ControlOptions, control};
use crate::{cells::CountMatrix, stats::expression};

/// Mean log-normalised expression of every gene, from cells taken in some at a time.
#[derive(Clone, Debug)]
pub struct MeanExpression {
    sums: Vec<f64>,
    cells: usize,
}

impl MeanExpression {
    /// No cell yet.
    pub fn new(genes: usize) -> Self {
        Self { sums: vec![0.0; genes], cells: 0 }
    }

    /// Takes in cells.
    ///
    /// # Panics
    /// If they have more genes.
    pub fn add(&mut self, counts: &CountMatrix) {
        for cell in 0..counts.rows {
            expression::of_cell(counts, cell).for_each(|(gene, value)| self.sums[gene] += value);
        }
        self.cells += counts.rows;
    }

    fn means(&self) -> Vec<f64> {
        self.sums.iter().map(|sum| sum / self.cells.max(1) as f64).collect()
    }
}

/// Why scores cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScoreError {
    /// None of the genes is in the data.
    #[error("none of the genes to score is in the data")]
    NoGenes,
    /// A column that the data does not have.
    #[error("gene column {column} of {genes}")]
    NoColumn {
        /// Column.
        column: u32,
        /// Genes.
        genes: usize,
    },
    /// Nothing to compare with.
    #[error("no control genes: the data has too few genes besides the {scored} that are scored")]
    NoControl {
        /// Genes scored.
        scored: usize,
    },
}

/// A list of genes with its control genes: what turns a cell's counts into a score.
#[derive(Clone, Debug, PartialEq)]
pub struct Scorer {
    /// Columns of the control genes, increasing.
    pub control: Vec<u32>,
    /// What each gene's expression adds: its share of the mean it belongs to.
    weights: Vec<f64>,
}

impl Scorer {
    /// Draws control genes for the genes in some columns.
    ///
    /// # Errors
    /// If there is no such column, or no control genes are left.
    pub fn new(mean: &MeanExpression, genes: &[u32], options: &ControlOptions) -> Result<Self, ScoreError> {
        let averages = mean.means();
        let all = averages.len();
        if let Some(&column) = genes.iter().find(|&&column| column as usize >= all) {
            return Err(ScoreError::NoColumn { column, genes: all });
        }
        let mut scored = vec![false; all];
        genes.iter().for_each(|&gene| scored[gene as usize] = true);
        let total = scored.iter().filter(|&&scored| scored).count();
        if total == 0 {
            return Err(ScoreError::NoGenes);
        }
        let control = control::draw(&averages, &scored, options);
        if control.is_empty() {
            return Err(ScoreError::NoControl { scored: total });
        }
        let share = 1.0 / total as f64;
        let mut weights: Vec<f64> = scored.iter().map(|&scored| if scored { share } else { 0.0 }).collect();
        control.iter().for_each(|&gene| weights[gene as usize] = -1.0 / control.len() as f64);
        Ok(Self { control, weights })
    }

    /// The score of every cell.
    ///
    /// # Panics
    /// If the cells have more genes.
    pub fn scores(&self, counts: &CountMatrix) -> Vec<f64> {
        let score =
            |cell| expression::of_cell(counts, cell).map(|(gene, value)| self.weights[gene] * value).sum();
        (0..counts.rows).map(score).collect()
    }
}
