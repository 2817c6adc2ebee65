//! `sae evaluate`: R², active concepts and sparsity on embeddings.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use cellprism_core::sae::{
    SaeWeights,
    metrics::{self, Metrics},
};
use serde::{Deserialize, Serialize};

use crate::files::{
    embeddings::{self, Embeddings},
    sae,
};

/// What is measured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Folder with `cfg.json` and `sae_weights.safetensors`.
    pub sae: PathBuf,
    /// Embeddings (safetensors, tensor "embeddings" `[n, d]`).
    pub embeddings: PathBuf,
}

/// Measures.
///
/// # Errors
/// If a file cannot be read, or the two do not fit.
pub fn run(options: &Options) -> anyhow::Result<Metrics> {
    let weights = sae::read(&options.sae)?;
    let values = embeddings_for(&weights, &options.embeddings)?.values;
    Ok(metrics::evaluate(&weights, values.view()))
}

/// Embeddings of the size that an autoencoder reads.
///
/// # Errors
/// If they cannot be read, have another size, or are of no cell.
pub fn embeddings_for(weights: &SaeWeights, path: &Path) -> anyhow::Result<Embeddings> {
    let file = embeddings::open(path)?;
    ensure!(
        file.columns == weights.config.d_in,
        "{}: embeddings of size {}, but the sparse autoencoder takes {}",
        path.display(),
        file.columns,
        weights.config.d_in
    );
    let found = file.read()?;
    ensure!(found.values.nrows() > 0, "{}: no cells", path.display());
    Ok(found)
}
