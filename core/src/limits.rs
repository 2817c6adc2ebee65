//! How large the numbers that a command or a file gives may be, and why: the one place for it. They are checked before
//! memory is taken or time is spent.

use std::fmt::Display;

use thiserror::Error;

/// The range of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The smallest.
    pub least: u64,
    /// The largest.
    pub most: u64,
    /// Why it ends there.
    pub why: &'static str,
}

/// A number out of its range.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{name} {value}: from {} to {}, since {}", .limit.least, .limit.most, .limit.why)]
pub struct OutOfRange {
    /// What the number is called, for instance `--concepts`.
    pub name: String,
    /// The number.
    pub value: String,
    /// Its range.
    pub limit: Limit,
}

impl Limit {
    const fn new(least: u64, most: u64, why: &'static str) -> Self {
        Self { least, most, why }
    }

    /// Refuses a number out of the range; `name` is what the user calls it.
    ///
    /// ```
    /// use cellprism_core::limits::PROTOTYPES;
    ///
    /// assert!(PROTOTYPES.check("--prototypes", 100u32).is_ok());
    /// let error = PROTOTYPES.check("--prototypes", u32::MAX).unwrap_err().to_string();
    /// assert!(error.starts_with("--prototypes 4294967295: from 1 to 100000, since"));
    /// ```
    ///
    /// # Errors
    /// Names the number, the range and the reason.
    pub fn check<N: Copy + Display + TryInto<u64>>(&self, name: &str, value: N) -> Result<(), OutOfRange> {
        match value.try_into() {
            Ok(number) if (self.least..=self.most).contains(&number) => Ok(()),
            _ => Err(OutOfRange { name: name.into(), value: value.to_string(), limit: *self }),
        }
    }
}

/// Concepts of a dictionary.
pub const CONCEPTS: Limit =
    Limit::new(1, 1 << 20, "every concept is described, and a million would take weeks");
/// Active concepts of a cell.
pub const ACTIVE: Limit =
    Limit::new(1, 1 << 14, "a reading of more than some thousand concepts is not sparse");
/// Passes over the cells.
pub const EPOCHS: Limit = Limit::new(1, 1_000_000, "trainings converge within thousands of passes");
/// Cells of a step.
pub const BATCH: Limit = Limit::new(1, 1 << 20, "a batch and all its concepts' values are in memory");
/// Cells that a dictionary's rows are mixed of.
pub const ANCHORS: Limit = Limit::new(2, 1 << 24, "every row has a weight for each of its anchors");
/// Prototypes of a concept, further ones likewise.
pub const PROTOTYPES: Limit = Limit::new(1, 100_000, "each is compared with cells gene by gene");
/// Counterfactuals of a prototype, typical cells likewise.
pub const COUNTERFACTUALS: Limit = Limit::new(1, 100_000, "each is compared with its prototype gene by gene");
/// Pairs of a concept.
pub const PAIRS: Limit =
    Limit::new(1, 10_000_000, "the nearest cells of all prototypes are in memory together");
/// Further cells of either kind, which may be none.
pub const FURTHER_CELLS: Limit = Limit::new(0, 100_000, "each is compared with cells gene by gene");
/// Concepts that are read for comparison.
pub const CALIBRATION: Limit = Limit::new(0, 100_000, "each takes as long as a concept");
/// Shares that a stage is cut into.
pub const SHARES: Limit = Limit::new(1, 10_000, "each share is a process that reads all names of the cells");
/// Genes of a set.
pub const SET_SIZE: Limit = Limit::new(0, 1_000_000, "no genome has as many genes");
/// Cells of a label that make it one to be specific for.
pub const MIN_CELLS: Limit = Limit::new(0, 1_000_000_000, "no data set has as many cells");
/// Permutations of a gene set's score while concepts are described.
pub const PERMUTATIONS_OF_CONCEPTS: Limit =
    Limit::new(1, 100_000, "every concept is permuted so often; single rankings go further with `enrich`");
/// Permutations of a gene set's score.
pub const PERMUTATIONS: Limit =
    Limit::new(1, 10_000_000, "smaller p-values come from multilevel splitting (--smallest-p) at less cost");
/// Random lists of over-representation.
pub const RANDOM_LISTS: Limit = Limit::new(1, 1_000_000, "the smallest p of each is kept");
/// Running sums that are written for plots.
pub const CURVES: Limit = Limit::new(0, 100_000, "each has a point for every gene");
/// Threads.
pub const THREADS: Limit = Limit::new(0, 4096, "no machine has more cores");
/// Seeds of a consensus.
pub const SEEDS: Limit = Limit::new(2, 1000, "every two dictionaries are matched with each other");
/// Iterations of a factorisation.
pub const ITERATIONS: Limit = Limit::new(1, 1_000_000, "factorisations converge within thousands");
/// Steps that are timed.
pub const TIMED_STEPS: Limit = Limit::new(1, 1_000_000, "a thousand are enough to time one");
/// Dimensions of an embedding.
pub const DIMENSIONS: Limit =
    Limit::new(1, 1 << 16, "the embeddings of foundation models have up to some thousand dimensions");
/// Counts of genes above 0 that a bundle holds for maps of a gene.
pub const EXPRESSION: Limit = Limit::new(0, 40_000_000, "they would be more than 250 MB of a bundle");
/// Genes of a model.
pub const GENES: Limit = Limit::new(1, 1_000_000, "no genome has as many");
/// Tokens of a vocabulary.
pub const VOCABULARY: Limit = Limit::new(1, 1 << 20, "no genome has as many genes");
/// Bins of counts.
pub const BINS: Limit = Limit::new(3, 1 << 16, "published models have 51");
/// Heads of attention.
pub const HEADS: Limit = Limit::new(1, 1024, "published models have up to some dozen");
/// Layers of a network.
pub const LAYERS: Limit = Limit::new(1, 1000, "published models have fewer than a hundred");
/// Width of a layer of a network.
pub const WIDTH: Limit = Limit::new(1, 1 << 20, "published models have up to some thousand units");
/// Tokens of a sequence.
pub const SEQUENCE: Limit = Limit::new(1, 1 << 17, "attention takes the square of it");
/// Columns of covariates of a model.
pub const CATEGORIES: Limit = Limit::new(0, 1_000_000, "each category has a column of weights");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_kind_are_compared_as_they_are() {
        assert!(CONCEPTS.check("--concepts", usize::MAX).is_err());
        assert!(CONCEPTS.check("--concepts", 0u8).is_err());
        assert!(FURTHER_CELLS.check("--held-out", 0u8).is_ok());
        let negative = THREADS.check("--threads", -1i64).unwrap_err().to_string();
        assert_eq!(negative, "--threads -1: from 0 to 4096, since no machine has more cores");
    }
}
