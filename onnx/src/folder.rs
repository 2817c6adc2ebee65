//! The files of a model folder, before they are written.

use std::collections::BTreeMap;

use cellprism_core::embedding::card::{CardError, ModelCard};
use safetensors::{Dtype, tensor::TensorView};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::checkpoint::{CheckpointError, Tensor};

/// A model folder: its card and every file by name, `model.json` included.
#[derive(Clone, Debug)]
pub struct ModelFolder {
    /// What the model reads and gives.
    pub card: ModelCard,
    /// Content by file name.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Why a checkpoint cannot be imported.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file is refused.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The card contradicts itself.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The model has a part that is not supported.
    #[error("{0}")]
    Unsupported(String),
    /// A file beside the checkpoint is malformed.
    #[error("{file}: {what}")]
    File {
        /// Its name.
        file: &'static str,
        /// What is wrong.
        what: String,
    },
}

/// SHA-256 in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A safetensors file with the card in its metadata.
pub(crate) fn with_card(card: &ModelCard, tensors: &[(String, Tensor)]) -> Result<Vec<u8>, ImportError> {
    let metadata = [("card".to_owned(), serde_json::to_string(card).map_err(CardError::from)?)];
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, tensor)| tensor.values.iter().flat_map(|v| v.to_le_bytes()).collect())
        .collect();
    let mut views = Vec::with_capacity(tensors.len());
    for ((name, tensor), bytes) in tensors.iter().zip(&bytes) {
        let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes)
            .map_err(|e| CheckpointError::tensor(name, e.to_string()))?;
        views.push((name.as_str(), view));
    }
    let packed = safetensors::serialize(views, Some(metadata.into()));
    packed.map_err(|e| CheckpointError::tensor("(all)", e.to_string()).into())
}
