//! What scGPT reads of a cell: a sequence of gene tokens with binned values, without any randomness.
//!
//! | file | idea |
//! |---|---|
//! | `vocabulary` | [`Vocabulary`]: gene symbols and special tokens by id |
//! | `genes` | [`SequenceGenes`]: the genes that a sequence may hold, found in the data |
//! | `binning` | [`bins`]: quantile bins of a cell's counts |
//! | `tokenizer` | [`Tokenizer`]: both sequence rules |
//! | `encoder` | [`ScgptEncoder`]: a sequence through the model, and the same with bins exchanged |

mod binning;
mod encoder;
mod genes;
mod tokenizer;
mod vocabulary;

pub use binning::bins;
pub use encoder::{ReadCell, ScgptEncoder};
pub use genes::SequenceGenes;
pub use tokenizer::{BinnedCell, SequenceRule, Tokenizer};
pub use vocabulary::Vocabulary;

use thiserror::Error;

/// Why a vocabulary or a list of genes cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScgptError {
    /// No object of tokens and ids.
    #[error("not an object of tokens and ids such as {{\"CD79A\": 0}}: {0}")]
    Json(#[from] serde_json::Error),
    /// None, or more than any vocabulary has.
    #[error("{0} tokens")]
    Size(usize),
    /// An id beyond the number of tokens.
    #[error("token {token:?} has id {id}, but {tokens} tokens have the ids 0 to {}", tokens - 1)]
    Id {
        /// The token.
        token: String,
        /// Its id.
        id: u64,
        /// Tokens.
        tokens: usize,
    },
    /// An id of two tokens.
    #[error("tokens {first:?} and {second:?} share the id {id}")]
    SharedId {
        /// A token.
        first: String,
        /// Another.
        second: String,
        /// Their id.
        id: u64,
    },
    /// A gene that is listed twice.
    #[error("gene {0:?} is listed twice")]
    Twice(String),
    /// A list of genes of which the model has none.
    #[error("none of the {listed} listed genes is in the model's vocabulary (first: {first:?})")]
    NoGene {
        /// Genes listed.
        listed: usize,
        /// The first of them.
        first: String,
    },
}
