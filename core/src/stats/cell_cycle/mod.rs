//! Cell-cycle phases by scores of S and G2/M genes (Tirosh et al. 2016), as scanpy 1.11 computes them.
//!
//! A score is the mean log-normalised expression of the genes less that of control genes, drawn from all genes of
//! similar mean expression. The draw is numpy's, so that the same seed picks the same control genes.

mod mersenne;

use mersenne::Mersenne;

use crate::cells::CountMatrix;

/// Genes of S phase (Tirosh et al. 2016, the list of scanpy's tutorial).
pub const S_GENES: [&str; 43] = [
    "MCM5", "PCNA", "TYMS", "FEN1", "MCM2", "MCM4", "RRM1", "UNG", "GINS2", "MCM6", "CDCA7", "DTL", "PRIM1",
    "UHRF1", "MLF1IP", "HELLS", "RFC2", "RPA2", "NASP", "RAD51AP1", "GMNN", "WDR76", "SLBP", "CCNE2", "UBR7",
    "POLD3", "MSH2", "ATAD2", "RAD51", "RRM2", "CDC45", "CDC6", "EXO1", "TIPIN", "DSCC1", "BLM", "CASP8AP2",
    "USP1", "CLSPN", "POLA1", "CHAF1B", "BRIP1", "E2F8",
];

/// Genes of G2 and M phase.
pub const G2M_GENES: [&str; 54] = [
    "HMGB2", "CDK1", "NUSAP1", "UBE2C", "BIRC5", "TPX2", "TOP2A", "NDC80", "CKS2", "NUF2", "CKS1B", "MKI67",
    "TMPO", "CENPF", "TACC3", "FAM64A", "SMC4", "CCNB2", "CKAP2L", "CKAP2", "AURKB", "BUB1", "KIF11",
    "ANP32E", "TUBB4B", "GTSE1", "KIF20B", "HJURP", "CDCA3", "HN1", "CDC20", "TTK", "CDC25C", "KIF2C",
    "RANGAP1", "NCAPD2", "DLGAP5", "CDCA2", "CDCA8", "ECT2", "KIF23", "HMMR", "AURKA", "PSRC1", "ANLN",
    "LBR", "CKAP5", "CENPE", "CTCF", "NEK2", "G2E3", "GAS2L3", "CBX5", "CENPA",
];

/// Counts per cell after normalisation.
const TARGET: f64 = 1e4;

/// How control genes are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlOptions {
    /// Genes drawn from each bin that holds one of the scored genes.
    pub size: usize,
    /// Bins of mean expression.
    pub bins: usize,
    /// Seed of numpy's legacy generator.
    pub seed: u32,
}

impl Default for ControlOptions {
    /// scanpy's `score_genes`: 50 control genes of 25 bins, seed 0.
    fn default() -> Self {
        Self { size: 50, bins: 25, seed: 0 }
    }
}

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

/// Phases by the columns of S and G2/M genes; `size` is scanpy's: the length of the shorter of the *complete* lists.
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
    let averages = averages(counts);
    let s = score(counts, &averages, s, &options)?;
    let g2m = score(counts, &averages, g2m, &options)?;
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
    score(counts, &averages(counts), genes, options)
}

fn score(
    counts: &CountMatrix,
    averages: &[f64],
    genes: &[u32],
    options: &ControlOptions,
) -> Result<GeneScores, ScoreError> {
    if let Some(&column) = genes.iter().find(|&&column| column as usize >= counts.cols) {
        return Err(ScoreError::NoColumn { column, genes: counts.cols });
    }
    let mut scored = vec![false; counts.cols];
    genes.iter().for_each(|&gene| scored[gene as usize] = true);
    let total = scored.iter().filter(|&&scored| scored).count();
    if total == 0 {
        return Err(ScoreError::NoGenes);
    }
    let control = draw_control(averages, &scored, options);
    if control.is_empty() {
        return Err(ScoreError::NoControl { scored: total });
    }
    // One weight a gene: its share of the mean it belongs to.
    let mut weight = vec![0.0; counts.cols];
    let share = 1.0 / total as f64;
    scored.iter().zip(&mut weight).filter(|(scored, _)| **scored).for_each(|(_, weight)| *weight = share);
    control.iter().for_each(|&gene| weight[gene as usize] = -1.0 / control.len() as f64);
    let scores =
        (0..counts.rows).map(|cell| logs(counts, cell).map(|(gene, log)| weight[gene] * log).sum()).collect();
    Ok(GeneScores { scores, control })
}

/// Log-normalised expression of a cell: gene and ln(1 + count · 10,000 / total).
fn logs(counts: &CountMatrix, cell: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
    let (genes, values) = counts.row(cell);
    let scale = values.iter().map(|&value| f64::from(value)).sum::<f64>() / TARGET;
    genes.iter().zip(values).map(move |(&gene, &value)| (gene as usize, (f64::from(value) / scale).ln_1p()))
}

/// Mean log-normalised expression of each gene.
fn averages(counts: &CountMatrix) -> Vec<f64> {
    let mut sums = vec![0.0; counts.cols];
    for cell in 0..counts.rows {
        logs(counts, cell).for_each(|(gene, log)| sums[gene] += log);
    }
    sums.iter().map(|sum| sum / counts.rows.max(1) as f64).collect()
}

/// Draws control genes from the bins of the scored ones; genes are ranked by mean, and a bin holds equally many ranks.
fn draw_control(averages: &[f64], scored: &[bool], options: &ControlOptions) -> Vec<u32> {
    let bin_size = ((averages.len() as f64 / options.bins.saturating_sub(1).max(1) as f64).round_ties_even()
        as usize)
        .max(1);
    let bin_of: Vec<usize> = ranks(averages).into_iter().map(|rank| rank / bin_size).collect();
    let bins: std::collections::BTreeSet<usize> =
        bin_of.iter().zip(scored).filter(|(_, scored)| **scored).map(|(&bin, _)| bin).collect();
    let mut random = Mersenne::new(options.seed);
    let mut control = Vec::new();
    for bin in bins {
        let members: Vec<u32> =
            (0..averages.len() as u32).filter(|&gene| bin_of[gene as usize] == bin).collect();
        let drawn = if options.size < members.len() {
            random.choose(members.len(), options.size).into_iter().map(|at| members[at]).collect()
        } else {
            members
        };
        control.extend(drawn.into_iter().filter(|&gene| !scored[gene as usize]));
    }
    control.sort_unstable();
    control
}

/// Ranks from 1; equal values share the lowest.
fn ranks(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0; values.len()];
    let mut rank = 0;
    for (place, &at) in order.iter().enumerate() {
        if place == 0 || values[order[place - 1]] != values[at] {
            rank = place + 1;
        }
        ranks[at] = rank;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ties_share_the_lowest_rank() {
        assert_eq!(ranks(&[0.5, 0.1, 0.5, 0.9]), [2, 1, 2, 4]);
    }

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
