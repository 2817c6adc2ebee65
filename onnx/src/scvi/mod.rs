//! scvi-tools' `model.pt` to a model folder: the encoder's mean and the decoder, as ONNX graphs and as plain weights.
//!
//! | file | idea |
//! |---|---|
//! | `settings` | how the model was configured, and the covariates of its registry |
//! | `weights` | layers read from the state dictionary, batch normalisation folded |
//! | `graphs` | `model.onnx` and `decoder.onnx` |
//!
//! `model.onnx`: `counts` f32 [n, genes], and `covariates` f32 [n, one-hot columns] where they enter the encoder,
//! to `embeddings` f32 [n, latent]. `decoder.onnx`: `latent` f32 [n, latent], `library` f32 [n, 1] (natural logarithm
//! of the counts' sum) and `covariates` to `px_rate` f32 [n, genes].
//!
//! `encoder.safetensors`: `layers.I.{weight [out, in], bias, scale, shift}` (y = x · scale + shift is the batch
//! normalisation), `mean.{weight, bias}`. `decoder.safetensors`: the same layers, `px_scale.{weight, bias}`, and
//! where the model has them `px_r` (its logarithm, as stored) and `px_dropout.{weight, bias}`.

mod graphs;
mod settings;
mod weights;

use std::collections::BTreeMap;

use cellprism_core::embedding::card::{ModelCard, ModelKind, ScviSizes};

use crate::{
    checkpoint::{CheckpointError, StateDict, pickle::Node, torch::TorchFile},
    folder::{ImportError, ModelFolder, sha256, with_card},
};
use settings::Settings;
use weights::{Decoder, Encoder};

/// Version of the standard ONNX operators in the graphs.
pub const OPSET: i64 = 17;

/// Imports a `model.pt` that scvi-tools saved; `name` is for people.
///
/// # Errors
/// If the file is refused, a part is missing, or the model has a part that is not supported.
pub fn import(file: &[u8], name: &str) -> Result<ModelFolder, ImportError> {
    let checkpoint = TorchFile::read(file)?;
    let root = checkpoint.root();
    let state = section(root, "model_state_dict")?;
    let settings = Settings::read(section(root, "attr_dict")?)?;
    let genes = root
        .get("var_names")
        .and_then(Node::array)
        .ok_or_else(|| CheckpointError::Missing("model.pt has no array \"var_names\"".into()))?
        .labels("var_names")?;
    let state = StateDict::new(&checkpoint, state, "model_state_dict");
    let encoder = Encoder::read(&state, &settings, genes.len())?;
    let decoder = Decoder::read(&state, &settings, genes.len(), encoder.latent())?;
    let card = card(name, genes, &settings, &encoder, sha256(file));
    let mut files = BTreeMap::new();
    files.insert("model.json".into(), card.to_json()?.into_bytes());
    files.insert("model.onnx".into(), graphs::encoder(&card, &encoder).to_bytes(OPSET));
    files.insert("encoder.safetensors".into(), with_card(&card, &encoder.tensors())?);
    if let Some(decoder) = decoder {
        files.insert("decoder.onnx".into(), graphs::decoder(&card, &decoder).to_bytes(OPSET));
        files.insert("decoder.safetensors".into(), with_card(&card, &decoder.tensors())?);
    }
    Ok(ModelFolder { card, files })
}

fn section<'p>(root: Node<'p>, name: &str) -> Result<Node<'p>, CheckpointError> {
    root.get(name).filter(|node| node.is_dict()).ok_or_else(|| {
        CheckpointError::Missing(format!(
            "model.pt has no dictionary {name:?}: it is not a model saved by scvi-tools 0.15 or later (older folders: \
             load them there and save again)"
        ))
    })
}

fn card(name: &str, genes: Vec<String>, settings: &Settings, encoder: &Encoder, sha256: String) -> ModelCard {
    let steps = if settings.log1p { "raw counts, log1p" } else { "raw counts" };
    ModelCard {
        genes,
        log1p: settings.log1p,
        covariates: settings.covariates.clone(),
        encode_covariates: settings.encode_covariates,
        deeply_inject_covariates: settings.deeply_inject_covariates,
        scvi: Some(ScviSizes {
            layers: encoder.layers.len() as u32,
            hidden: encoder.layers.first().map_or(0, |layer| layer.bias.values.len()) as u32,
            gene_likelihood: settings.gene_likelihood.clone(),
            dispersion: settings.dispersion.clone(),
        }),
        opset: OPSET as u32,
        source_file: "model.pt".into(),
        source_sha256: sha256,
        ..ModelCard::new(ModelKind::Scvi, name, encoder.latent(), steps.into())
    }
}
