//! Control genes: drawn at random from all genes of similar mean expression.

use std::collections::BTreeSet;

use super::mersenne::Mersenne;

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

/// Draws control genes from the bins of the scored ones; genes are ranked by mean, and a bin holds equally many ranks.
pub(super) fn draw(averages: &[f64], scored: &[bool], options: &ControlOptions) -> Vec<u32> {
    let bin_size = ((averages.len() as f64 / options.bins.saturating_sub(1).max(1) as f64).round_ties_even()
        as usize)
        .max(1);
    let bin_of: Vec<usize> = ranks(averages).into_iter().map(|rank| rank / bin_size).collect();
    let bins: BTreeSet<usize> =
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
    use super::*;

    #[test]
    fn ties_share_the_lowest_rank() {
        assert_eq!(ranks(&[0.5, 0.1, 0.5, 0.9]), [2, 1, 2, 4]);
    }
}
