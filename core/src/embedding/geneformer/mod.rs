//! What Geneformer reads of a cell: `<cls>`, the tokens of its genes by falling rank, `<eos>`. A gene ranks by its share of
//! the cell's counts beside the median that it has where it is found at all.
//!
//! | file | idea |
//! |---|---|
//! | `dictionary` | [`Dictionary`]: tokens and medians by Ensembl identifier, the file `genes.tsv` |
//! | `genes` | [`RankedGenes`]: the dictionary's genes found in the data |
//! | `tokenizer` | [`RankTokenizer`]: counts to a sequence |

mod dictionary;
mod genes;
mod tokenizer;

pub use dictionary::{Dictionary, Entry};
pub use genes::{RankedCells, RankedGenes};
pub use tokenizer::RankTokenizer;

use thiserror::Error;

/// Why a dictionary cannot be used.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum GeneformerError {
    /// None, or more than any dictionary has.
    #[error("{0} genes")]
    Size(usize),
    /// A token of two genes.
    #[error("genes {first:?} and {second:?} share the token {token}")]
    SharedToken {
        /// A gene.
        first: String,
        /// Another.
        second: String,
        /// Their token.
        token: u32,
    },
    /// A median that nothing can be divided by.
    #[error("the median of {gene:?} is {median}, not a number above zero")]
    Median {
        /// The gene.
        gene: String,
        /// Its median.
        median: f64,
    },
    /// A name that is empty or would break the file.
    #[error("{0:?} is no name of a gene")]
    Name(String),
    /// A gene with several tokens.
    #[error("gene {0:?} has several tokens")]
    Twice(String),
    /// Another file.
    #[error("the first line is not {0:?}")]
    Header(&'static str),
    /// A line that is no gene.
    #[error("line {line}: {found:?} is not a gene, a token, a median and symbols")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        found: String,
    },
}
