//! SCimilarity: the published files, found in their folder. Its encoder reads counts as scVI's does: see
//! [`super::counts`].

use std::path::Path;

use anyhow::Context;
use cellprism_onnx::{
    folder::ModelFolder,
    scimilarity::{self, Files},
};

use crate::models::folder::{name_of, read_bounded};

/// Reads a SCimilarity checkpoint folder (or its `encoder.ckpt`), with `gene_order.tsv` beside the weights.
///
/// # Errors
/// If a file is missing, refused or damaged, or they do not fit. Nothing in them is executed.
pub fn import(checkpoint: &Path) -> anyhow::Result<ModelFolder> {
    let file = if checkpoint.is_dir() { checkpoint.join("encoder.ckpt") } else { checkpoint.to_owned() };
    let folder = file.parent().unwrap_or(Path::new("."));
    let encoder = read_bounded(&file)?;
    let genes = read_bounded(&folder.join("gene_order.tsv"))?;
    let optional = |name: &str| {
        let path = folder.join(name);
        if path.exists() { read_bounded(&path).map(Some) } else { Ok(None) }
    };
    let (sizes, parameters) = (optional("layer_sizes.json")?, optional("hyperparameters.json")?);
    let files = Files {
        encoder: &encoder,
        genes: &genes,
        layer_sizes: sizes.as_deref(),
        hyperparameters: parameters.as_deref(),
    };
    scimilarity::import(files, &name_of(&file, "SCimilarity")).with_context(|| folder.display().to_string())
}
