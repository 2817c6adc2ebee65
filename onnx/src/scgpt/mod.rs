//! scGPT's `best_model.pt`, `args.json` and `vocab.json` to a model folder.
//!
//! | file | idea |
//! |---|---|
//! | `settings` | `args.json` |
//! | `weights` | the transformer's weights, under either naming of the attention's |
//! | `transformer` | `model.onnx` |
//! | `native` | the weights back out of `model.onnx`, for code that runs them itself |
//!
//! `model.onnx`: `tokens` i64 [n, length] and `values` f32 [n, length], both padded at the end, and `mask` i32 (see
//! [`crate::transformer`]) to `embeddings` f32 [n, width], the `<cls>` vector of the last layer divided by its length.

mod native;
mod settings;
mod transformer;
mod weights;

use std::collections::BTreeMap;

use cellprism_core::embedding::{
    card::{ModelCard, ModelKind, ScgptSizes},
    scgpt::Vocabulary,
};

use crate::{
    checkpoint::{CheckpointError, StateDict, pickle::Node, torch::TorchFile},
    folder::{ImportError, ModelFolder, sha256},
};
pub use native::encoder;
use settings::Settings;
use weights::Weights;

/// Version of the standard ONNX operators in the graph.
pub const OPSET: i64 = 17;

/// The three files of a checkpoint.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// `best_model.pt`: the state dictionary.
    pub model: &'a [u8],
    /// `args.json`.
    pub args: &'a [u8],
    /// `vocab.json`.
    pub vocabulary: &'a [u8],
}

/// Imports a checkpoint; `name` is for people.
///
/// # Errors
/// If a file is refused, they do not fit each other, or the model has a part that is not supported.
pub fn import(files: Files<'_>, name: &str) -> Result<ModelFolder, ImportError> {
    let settings = Settings::read(files.args)?;
    let vocabulary = Vocabulary::from_json(files.vocabulary, &settings.pad_token)
        .map_err(|e| ImportError::File { file: "vocab.json", what: e.to_string() })?;
    let checkpoint = TorchFile::read(files.model)?;
    let state = state_of(checkpoint.root())?;
    let state = StateDict::new(&checkpoint, state, "best_model.pt");
    let weights = Weights::read(&state, &settings, vocabulary.len())?;
    let card = card(name, &settings, &vocabulary, sha256(files.model));
    let graph = transformer::graph(&settings, &weights);
    let mut folder = BTreeMap::new();
    folder.insert("model.json".into(), card.to_json()?.into_bytes());
    folder.insert("model.onnx".into(), graph.to_bytes(OPSET));
    folder.insert("vocab.json".into(), vocabulary.to_json().into_bytes());
    Ok(ModelFolder { card, files: folder })
}

/// The state dictionary: the object itself, or where training wrapped it.
fn state_of(root: Node<'_>) -> Result<Node<'_>, CheckpointError> {
    let wrapped = ["model_state_dict", "state_dict", "model"].iter().find_map(|name| root.get(name));
    let state = wrapped.filter(|node| node.is_dict()).unwrap_or(root);
    if state.is_dict() {
        return Ok(state);
    }
    Err(CheckpointError::Missing(format!("best_model.pt holds {}, not a state dictionary", root.kind())))
}

fn card(name: &str, settings: &Settings, vocabulary: &Vocabulary, sha256: String) -> ModelCard {
    let steps = format!("raw counts, {} quantile bins over each cell's non-zero counts", settings.bins - 1);
    ModelCard {
        scgpt: Some(ScgptSizes {
            layers: settings.layers as u32,
            heads: settings.heads as u32,
            hidden: settings.hidden as u32,
            vocabulary: vocabulary.len() as u32,
            bins: settings.bins,
            max_length: settings.max_length,
            pad_token: settings.pad_token.clone(),
            pad: vocabulary.pad(),
            cls: vocabulary.cls(),
            pad_value: settings.pad_value,
        }),
        opset: OPSET as u32,
        source_file: "best_model.pt".into(),
        source_sha256: sha256,
        ..ModelCard::new(ModelKind::Scgpt, name, settings.width, steps)
    }
}
