//! What can be wrong with an `.h5ad` file.

use std::path::PathBuf;

/// Why a file could not be read; every message names the file and, where there is one, the dataset inside it.
#[derive(Debug, thiserror::Error)]
pub enum H5adError {
    /// The file cannot be opened.
    #[error("cannot open {path}")]
    Open {
        /// File.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is something else.
    #[error("{path} is not an HDF5 file ({found}); expected an .h5ad file as anndata writes it")]
    NotHdf5 {
        /// File.
        path: PathBuf,
        /// What it seems to be.
        found: String,
    },
    /// Something is damaged, truncated, contradictory, or too large to be true.
    #[error("{path}: {dataset}: {problem}")]
    Damaged {
        /// File.
        path: PathBuf,
        /// Group or dataset inside it.
        dataset: String,
        /// What is wrong.
        problem: String,
    },
    /// There are no counts.
    #[error(
        "{path} has no counts: looked for layers/counts, raw/X and X. Save the raw counts there, for instance \
         adata.layers[\"counts\"] = raw_counts; adata.write(…)"
    )]
    NoCounts {
        /// File.
        path: PathBuf,
    },
    /// A value is not a count.
    #[error(transparent)]
    NotACount(Box<NotACount>),
}

/// A value that is not a count, and where it is.
#[derive(Debug, thiserror::Error)]
#[error(
    "{path}: {dataset}: row {row} (cell {cell}), column {column} (gene {gene}): {value} is not a count; {remedy}"
)]
pub struct NotACount {
    /// File.
    pub path: PathBuf,
    /// Dataset inside it.
    pub dataset: String,
    /// Row, from 0.
    pub row: usize,
    /// Name of the cell.
    pub cell: String,
    /// Column, from 0.
    pub column: usize,
    /// Name of the gene.
    pub gene: String,
    /// The value.
    pub value: f64,
    /// What to do.
    pub remedy: &'static str,
}
