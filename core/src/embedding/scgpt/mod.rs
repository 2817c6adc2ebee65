//! What scGPT reads of a cell: a sequence of gene tokens with binned values, without any randomness.
//!
//! | file | idea |
//! |---|---|
//! | `vocabulary` | [`Vocabulary`]: gene symbols and special tokens by id |
//! | `genes` | [`SequenceGenes`]: the genes that a sequence may hold, found in the data |
//! | `binning` | [`bins`]: quantile bins of a cell's counts |
//! | `tokenizer` | [`Tokenizer`]: both sequence rules |

mod binning;
mod genes;
mod tokenizer;
mod vocabulary;

pub use binning::bins;
pub use genes::SequenceGenes;
pub use tokenizer::{BinnedCell, SequenceRule, Tokenizer};
pub use vocabulary::Vocabulary;

use thiserror::Error;

/// Why a vocabulary or a list of genes cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ScgptError(pub String);
