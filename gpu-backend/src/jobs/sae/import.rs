//! `sae import`: a TopKSAE of the Python library overcomplete.

use std::path::PathBuf;

use anyhow::Context;
use cellprism_onnx::overcomplete;
use serde::{Deserialize, Serialize};

use crate::{
    files::sae,
    work::{output::OutputFolder, regular},
};

/// What is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// State dictionary (torch).
    pub file: PathBuf,
    /// Active concepts per cell (k); the file does not hold it.
    pub active: usize,
    /// Folder to write.
    pub out: PathBuf,
}

/// What it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Active concepts per cell (k).
    pub active: usize,
    /// Concepts (c).
    pub concepts: usize,
    /// Size of the embeddings (d).
    pub size: usize,
}

/// Reads and writes.
///
/// # Errors
/// If the file is refused, or the folder cannot be written.
pub fn run(options: &Options) -> anyhow::Result<Imported> {
    let place = || options.file.display().to_string();
    let bytes =
        regular::read(&options.file, regular::TENSORS).with_context(|| format!("reading {}", place()))?;
    let weights = overcomplete::read(&bytes, options.active).with_context(place)?;
    let folder = OutputFolder::create(&options.out)?;
    sae::write(folder.path(), &weights)?;
    folder.finish().with_context(|| format!("writing {}", options.out.display()))?;
    let (size, concepts) = (weights.config.d_in, weights.config.d_sae);
    Ok(Imported { active: options.active, concepts, size })
}
