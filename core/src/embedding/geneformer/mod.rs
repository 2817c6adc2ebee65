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
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct GeneformerError(pub String);
