//! Cell-cycle phases by scores of S and G2/M genes (Tirosh et al. 2016), as scanpy 1.11 computes them.
//!
//! A score is the mean log-normalised expression of the genes less that of control genes, drawn from all genes of
//! similar mean expression. The draw is numpy's, so that the same seed picks the same control genes.
//!
//! | file | idea |
//! |---|---|
//! | `genes` | the published lists |
//! | `control` | control genes of similar mean expression |
//! | `score` | [`Scorer`]: a list with its control genes scores cells |
//! | `mersenne` | numpy's legacy generator |

mod control;
mod genes;
mod mersenne;
mod score;

pub use control::ControlOptions;
pub use genes::{G2M_GENES, S_GENES};
pub use score::{MeanExpression, ScoreError, Scorer};

use crate::cells::CountMatrix;

/// Scores of one list of genes.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneScores {
    /// One score a cell.
    pub scores: Vec<f64>,
    /// Columns of the control genes, increasing.
    pub control: Vec<u32>,
}

/// Phase of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Both scores are negative.
    G1,
    /// Synthesis.
    S,
    /// The G2/M score is the higher one.
    G2M,
}

impl Phase {
    /// As scanpy writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::G1 => "G1",
            Self::S => "S",
            Self::G2M => "G2M",
        }
    }
}

/// Scores and phase of every cell.
#[derive(Clone, Debug, PartialEq)]
pub struct CellCycle {
    /// S scores.
    pub s: GeneScores,
    /// G2/M scores.
    pub g2m: GeneScores,
    /// Phases.
    pub phases: Vec<Phase>,
}

/// Phases by the columns of S and G2/M genes; `size` is scanpy's: the length of the shorter of the *complete* lists.
/// What reads cells some at a time uses [`MeanExpression`] and [`Scorer`].
///
/// ```
/// use cellprism_core::{cells::simulate::{SimulateOptions, simulate}, stats::cell_cycle::cell_cycle};
///
/// let simulated = simulate(&SimulateOptions { cells: 200, genes: 600, ..SimulateOptions::default() })?;
/// let found = cell_cycle(&simulated.cells.counts, &[0, 1, 2, 3, 4], &[5, 6, 7, 8, 9, 10], 5)?;
/// assert_eq!(found.phases.len(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If one of the lists is empty or has no control genes.
pub fn cell_cycle(
    counts: &CountMatrix,
    s: &[u32],
    g2m: &[u32],
    size: usize,
) -> Result<CellCycle, ScoreError> {
    let options = ControlOptions { size, ..ControlOptions::default() };
    let (s, g2m) = (score_genes(counts, s, &options)?, score_genes(counts, g2m, &options)?);
    let phases = s.scores.iter().zip(&g2m.scores).map(|(&s, &g2m)| phase(s, g2m)).collect();
    Ok(CellCycle { s, g2m, phases })
}

/// The phase that two scores mean.
pub fn phase(s: f64, g2m: f64) -> Phase {
    if s < 0.0 && g2m < 0.0 {
        Phase::G1
    } else if g2m > s {
        Phase::G2M
    } else {
        Phase::S
    }
}

/// Scores of the genes in some columns.
///
/// # Errors
/// If there is no such column, or no control genes are left.
pub fn score_genes(
    counts: &CountMatrix,
    genes: &[u32],
    options: &ControlOptions,
) -> Result<GeneScores, ScoreError> {
    let mut mean = MeanExpression::new(counts.cols);
    mean.add(counts);
    let scorer = Scorer::new(&mean, genes, options)?;
    Ok(GeneScores { scores: scorer.scores(counts), control: scorer.control })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn phases_follow_the_higher_score() {
        assert_eq!(
            [phase(-0.1, -0.2), phase(0.1, -0.2), phase(-0.3, 0.1), phase(0.2, 0.3)],
            [Phase::G1, Phase::S, Phase::G2M, Phase::G2M]
        );
    }

    #[test]
    fn what_cannot_be_scored_is_refused() {
        let counts = CountMatrix::from_dense(2, 2, &[1.0, 2.0, 3.0, 4.0]).unwrap();
        let options = ControlOptions::default();
        assert_eq!(score_genes(&counts, &[], &options), Err(ScoreError::NoGenes));
        assert_eq!(score_genes(&counts, &[5], &options), Err(ScoreError::NoColumn { column: 5, genes: 2 }));
        assert_eq!(score_genes(&counts, &[0, 1], &options), Err(ScoreError::NoControl { scored: 2 }));
    }

    proptest! {
        #[test]
        fn a_score_is_a_difference_of_means(values in proptest::collection::vec(0u8..5, 4 * 40), first in 0u32..20) {
            let dense: Vec<f32> = values.iter().map(|&v| f32::from(v)).collect();
            let counts = CountMatrix::from_dense(4, 40, &dense).unwrap();
            let genes = [first, first + 7, first + 15];
            let Ok(scores) = score_genes(&counts, &genes, &ControlOptions { size: 3, bins: 5, seed: 1 }) else { return Ok(()) };
            for cell in 0..4 {
                let total: f32 = dense[cell * 40..(cell + 1) * 40].iter().sum();
                let log = |gene: u32| (f64::from(dense[cell * 40 + gene as usize]) * 1e4 / f64::from(total.max(1.0))).ln_1p();
                let mean = |genes: &[u32]| genes.iter().map(|&gene| log(gene)).sum::<f64>() / genes.len() as f64;
                prop_assert!((scores.scores[cell] - (mean(&genes) - mean(&scores.control))).abs() < 1e-9);
            }
        }
    }
}
