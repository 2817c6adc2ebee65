//! Differential expression between two groups of cells, as scanpy 1.11's `rank_genes_groups` computes it: values are
//! log(1 + counts · 10,000 / total), the log2 fold change is that of the back-transformed means.
//!
//! | file | idea |
//! |---|---|
//! | `contrast` | [`Contrast`]: which cells are compared with which |
//! | `moments` | [`Moments`] of every gene in a group, one cell after another |
//! | `t_test`, `wilcoxon` | the tests |
//! | `together` | the t-test of many genes side by side |
//! | `genes` | [`compare`]: every gene in scanpy's columns and order |
//! | `adjust` | [`benjamini_hochberg`] |
//! | `concept` | [`welch`]: a concept's cells against their counterfactuals |
//! | `many` | [`welch_many`]: the same of many concepts at once |

mod adjust;
mod concept;
mod contrast;
mod genes;
mod many;
mod moments;
mod t_test;
mod together;
mod wilcoxon;

pub use adjust::benjamini_hochberg;
pub use concept::{Differential, welch, welch_of};
pub use contrast::{Contrast, ContrastError, Side};
pub use genes::{BothSides, GeneDifference, compare};
pub use many::{ManyMoments, welch_many};
pub use moments::Moments;
pub use t_test::{t_test, welch_test};
pub use wilcoxon::{Values, rank_sum};

/// How a gene is tested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// Welch's t-test.
    #[default]
    TTest,
    /// Welch's t-test that takes the reference to be as few cells as the group: the variance of a large reference counts more.
    TTestOverestimVar,
    /// Wilcoxon's rank-sum test.
    Wilcoxon {
        /// Whether equal values lessen the variance; scanpy's default is not.
        correct_ties: bool,
    },
}

/// What a test says of a gene.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tested {
    /// t or z.
    pub score: f64,
    /// Two-sided p.
    pub p: f64,
}
