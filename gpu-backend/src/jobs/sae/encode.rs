//! `sae encode`: activations of embeddings.

use std::{collections::HashMap, path::PathBuf};

use anyhow::Context;
use safetensors::{Dtype, tensor::TensorView};
use serde::{Deserialize, Serialize};

use super::evaluate::embeddings_for;
use crate::{files::sae, work::atomic};

/// What is encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Folder with `cfg.json` and `sae_weights.safetensors`.
    pub sae: PathBuf,
    /// Embeddings (safetensors, tensor "embeddings" `[n, d]`).
    pub embeddings: PathBuf,
    /// File to write: "indices" u32 `[n, k]`, "values" f32 `[n, k]`.
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
    let weights = sae::read(&options.sae)?;
    let (cells, codes) = {
        let values = embeddings_for(&weights, &options.embeddings)?;
        (values.nrows(), weights.encode(values.view()))
    };
    let indices: Vec<u8> = codes.indices.iter().flat_map(|j| j.to_le_bytes()).collect();
    let values: Vec<u8> = codes.values.iter().flat_map(|u| u.to_le_bytes()).collect();
    let shape = vec![cells, codes.k];
    let tensors = [
        ("indices", TensorView::new(Dtype::U32, shape.clone(), &indices)?),
        ("values", TensorView::new(Dtype::F32, shape, &values)?),
    ];
    let metadata = HashMap::from([("concepts".to_owned(), weights.config.d_sae.to_string())]);
    let content = safetensors::serialize(tensors, Some(metadata))?;
    atomic::write_file(&options.out, &content)
        .with_context(|| format!("writing {}", options.out.display()))?;
    Ok(Encoded { active: codes.k, cells, out: options.out.clone() })
}
