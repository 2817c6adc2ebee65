//! `sae encode`: activations of embeddings.

use std::{collections::HashMap, path::PathBuf};

use safetensors::{Dtype, tensor::TensorView};
use serde::{Deserialize, Serialize};

use super::evaluate::embeddings_for;
use crate::{files::sae, work::atomic::OutputFile};

/// What is encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Folder with `cfg.json` and `sae_weights.safetensors`.
    pub sae: PathBuf,
    /// Embeddings (safetensors, tensor "embeddings" `[n, d]`).
    pub embeddings: PathBuf,
    /// File to write: "indices" u32 `[n, k]`, "values" f32 `[n, k]`; metadata "concepts", and those of the
    /// embeddings "cells" and "model".
    pub out: PathBuf,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Encoded {
    /// Candidates of a cell (k).
    pub active: usize,
    /// Cells.
    pub cells: usize,
    /// The file.
    pub out: PathBuf,
}

/// Encodes and writes.
///
/// # Errors
/// If a file cannot be read or written, or the two do not fit.
pub fn run(options: &Options) -> anyhow::Result<Encoded> {
    let out = OutputFile::claim(&options.out, "encode")?;
    let weights = sae::read(&options.sae)?;
    let (cells, codes, metadata) = {
        let found = embeddings_for(&weights, &options.embeddings)?;
        (found.values.nrows(), weights.encode(found.values.view()), found.metadata)
    };
    let indices: Vec<u8> = codes.indices.iter().flat_map(|j| j.to_le_bytes()).collect();
    let values: Vec<u8> = codes.values.iter().flat_map(|u| u.to_le_bytes()).collect();
    let shape = vec![cells, codes.k];
    let tensors = [
        ("indices", TensorView::new(Dtype::U32, shape.clone(), &indices)?),
        ("values", TensorView::new(Dtype::F32, shape, &values)?),
    ];
    let handed_on = metadata.into_iter().filter(|(key, _)| matches!(key.as_str(), "cells" | "model"));
    let mut metadata: HashMap<String, String> = handed_on.collect();
    metadata.insert("concepts".into(), weights.config.d_sae.to_string());
    let content = safetensors::serialize(tensors, Some(metadata))?;
    out.finish(&content)?;
    Ok(Encoded { active: codes.k, cells, out: options.out.clone() })
}
