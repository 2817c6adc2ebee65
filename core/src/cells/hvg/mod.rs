//! Highly variable genes, as scanpy selects them.
//!
//! [`seurat`] ranks genes by dispersion within bins of mean expression, on normalised counts; [`seurat_v3`] by the
//! variance of standardised, clipped raw counts. Both also work on counts that come in chunks: [`Dispersions`] in one
//! pass, [`Moments`] and [`Clipped`] in two.

mod loess;
mod seurat;
mod seurat_v3;

pub use loess::{Loess, LoessError};
pub use seurat::{Dispersions, seurat};
pub use seurat_v3::{Clipped, Moments, seurat_v3};

/// The fraction of genes in each local fit of [`seurat_v3`] in scanpy and Seurat.
pub const SPAN: f64 = 0.3;

/// Genes chosen, and what they were chosen by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Columns of the chosen genes, in the data's order.
    pub genes: Vec<u32>,
    /// Mean by gene, on the scale of the method.
    pub mean: Vec<f64>,
    /// Variance (seurat_v3) or logarithm of variance over mean (seurat; NaN for constant genes).
    pub spread: Vec<f64>,
    /// What genes are ranked by: normalised variance or dispersion; NaN where there is none.
    pub normalised: Vec<f64>,
}

/// Why genes could not be chosen.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HvgError {
    /// A variance needs two cells.
    #[error("highly variable genes need at least 2 cells, there are {cells}")]
    TooFewCells {
        /// Cells.
        cells: usize,
    },
    /// The mean-variance trend cannot be fitted.
    #[error(
        "the trend of variance over mean cannot be fitted: {0}; use the flavour seurat or give a list of genes"
    )]
    Trend(#[from] LoessError),
    /// A chunk of counts has another number of genes.
    #[error("counts of {found} genes where {expected} were expected")]
    Genes {
        /// Genes so far.
        expected: usize,
        /// Genes of the chunk.
        found: usize,
    },
}

fn check_genes(expected: usize, found: usize) -> Result<(), HvgError> {
    if expected == found { Ok(()) } else { Err(HvgError::Genes { expected, found }) }
}
