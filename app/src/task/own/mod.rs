//! The reader's own data: cells of any size, embeddings, or a ranking of genes. Nothing leaves the page.
//!
//! | file | idea |
//! |---|---|
//! | `kind` | what a file is |
//! | `cells` | `.h5ad`: genes matched, counts checked, embedded |
//! | `embeddings` | safetensors, `.npy`, or a table, row by row |
//! | `readings` | embeddings become activations |
//! | `tally` | what is counted as cells go by |
//! | `placed` | the nearest of the bundle's cells |
//! | `ranking` | gene set enrichment of a ranking |

pub mod cells;
pub mod embeddings;
pub mod kind;
pub mod placed;
pub mod ranking;
pub mod readings;
pub mod tally;
#[cfg(test)]
mod tests;

use cellprism_core::{bundle::path, cells::GeneAudit};
use serde::{Deserialize, Serialize};

use self::{
    kind::Kind,
    placed::Placed,
    tally::{ColumnTally, ConceptTally},
};
use super::{files::Files, place::Place};

/// Cells or embeddings of the reader.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The file's name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Symbols of the model's genes.
    pub symbols: Vec<String>,
    /// Their Ensembl identifiers, empty where unknown.
    pub ensembl: Vec<String>,
    /// Cells of the bundle.
    pub bundle_cells: u32,
    /// Take values that are not whole numbers.
    pub allow_non_integer: bool,
}

impl Request {
    /// Files that the work reads, by their path in the bundle.
    pub fn files(&self, has_embeddings: bool) -> Vec<String> {
        let mut names = vec![path::SAE_CONFIG.to_owned(), path::SAE_WEIGHTS.to_owned()];
        if self.kind == Kind::Cells {
            names.push(path::MODEL_ENCODER.to_owned());
        }
        if has_embeddings {
            names.push(path::EMBEDDINGS.to_owned());
        }
        names
    }
}

/// What is told before the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The file is open.
    Opened(Opened),
    /// Cells are done.
    Cells {
        /// So many …
        done: u64,
        /// … of so many; 0 where that is not known before the end.
        of: u64,
        /// Share of the counts that fall on genes of the model, so far.
        counts_share: Option<f64>,
    },
}

/// What a file of cells is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// Cells.
    pub cells: u64,
    /// Genes in the file.
    pub genes: u64,
    /// Where the counts are.
    pub counts_source: String,
    /// How genes were matched, as the command line counts it.
    pub audit: GeneAudit,
    /// Of the matched ones, those under the name in the file's index …
    pub by_index: u32,
    /// … under another column of symbols …
    pub by_symbol: u32,
    /// … under an Ensembl identifier.
    pub by_ensembl: u32,
    /// The model's genes that were not found, or not surely.
    pub missing: Vec<String>,
    /// Columns of obs that are no labels, with the reason.
    pub skipped: Vec<(String, String)>,
    /// Whether the genes look like those of mouse.
    pub mouse: bool,
    /// Names that several cells have, and the first of them.
    pub repeated: Option<(u64, String)>,
}

/// What came out; activations and embeddings are in files of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Cells.
    pub cells: u64,
    /// One entry a concept.
    pub concepts: Vec<ConceptTally>,
    /// Columns of metadata.
    pub columns: Vec<ColumnTally>,
    /// Columns that were not counted, with the reason.
    pub left_out: Vec<(String, String)>,
    /// Where cells lie among the bundle's, where that has embeddings.
    pub placed: Option<Placed>,
    /// Bytes of memory that the worker took.
    pub memory: u64,
}

/// Does the work.
///
/// # Errors
/// In words for the page: what is wrong with the file, where, and what to do.
pub fn run(request: &Request, files: &Files, place: &mut dyn Place) -> Result<Answer, String> {
    match request.kind {
        Kind::Cells => cells::run(request, files, place),
        Kind::Safetensors | Kind::Npy | Kind::Table => embeddings::run(request, files, place),
        Kind::Ranking | Kind::GeneSets => Err(format!("{} holds neither cells nor embeddings", request.name)),
    }
}
