//! Geneformer's `config.json`, `model.safetensors` and its dictionaries to a model folder.
//!
//! | file | idea |
//! |---|---|
//! | `settings` | `config.json` |
//! | `dictionaries` | pickled dictionaries, read as data: tokens, medians, symbols |
//! | `weights` | the BERT's weights |
//! | `bert` | `model.onnx` |
//!
//! `model.onnx`: `tokens` i64 [n, length], padded at the end, `positions` i64 `[length]` (0, 1, 2 …), `mask` i32 (see
//! [`crate::transformer`]) and for the mean `weights` f32 [n, length] (one over the number of genes at genes, 0 at all
//! else) to `embeddings` f32 [n, width]. `genes.tsv`: tokens, medians and symbols of the genes.

mod bert;
mod dictionaries;
mod settings;
mod weights;

use std::collections::BTreeMap;

use cellprism_core::embedding::card::{GeneformerSizes, ModelCard, ModelKind, Pooling};

use crate::{
    checkpoint::safetensors::SafetensorsFile,
    folder::{ImportError, ModelFolder, sha256},
};
use dictionaries::Dictionaries;
use settings::Settings;
use weights::Weights;

/// Version of the standard ONNX operators in the graph.
pub const OPSET: i64 = 17;

/// The files of a checkpoint.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// `config.json`.
    pub config: &'a [u8],
    /// `model.safetensors`.
    pub model: &'a [u8],
    /// `token_dictionary.pkl`: tokens by Ensembl identifier.
    pub tokens: &'a [u8],
    /// `gene_median_dictionary.pkl`: medians by Ensembl identifier.
    pub medians: &'a [u8],
    /// `gene_name_id_dict.pkl`: Ensembl identifiers by symbol, where it is there.
    pub symbols: Option<&'a [u8]>,
}

/// What is read of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// How a sequence's vectors become an embedding.
    pub pooling: Pooling,
    /// As Geneformer counts layers: −1 the last but one (its default), 0 the last.
    pub layer: i32,
}

impl Default for Reading {
    fn default() -> Self {
        Self { pooling: Pooling::Cls, layer: -1 }
    }
}

/// Imports a checkpoint; `name` is for people.
///
/// # Errors
/// If a file is refused, they do not fit each other, or the model has a part that is not supported.
pub fn import(files: Files<'_>, reading: Reading, name: &str) -> Result<ModelFolder, ImportError> {
    let settings = Settings::read(files.config)?;
    let dictionaries = Dictionaries::read(&files, settings.vocabulary)?;
    let mut weights = Weights::read(&SafetensorsFile::read(files.model)?, &settings)?;
    weights.layers.truncate(computed_layers(&settings, &dictionaries, reading)?);
    let graph = bert::graph(&settings, &weights, reading.pooling);
    let genes = dictionaries.genes.to_tsv();
    let card = card(name, &settings, &dictionaries, reading, weights.layers.len(), &genes);
    let card = ModelCard { source_sha256: sha256(files.model), ..card };
    let mut folder = BTreeMap::new();
    folder.insert("model.json".into(), card.to_json()?.into_bytes());
    folder.insert("model.onnx".into(), graph.to_bytes(OPSET));
    folder.insert("genes.tsv".into(), genes.into_bytes());
    Ok(ModelFolder { card, files: folder })
}

/// Layers up to the one that is read.
fn computed_layers(
    settings: &Settings,
    dictionaries: &Dictionaries,
    reading: Reading,
) -> Result<usize, ImportError> {
    let Reading { pooling, layer } = reading;
    if !(-1..=0).contains(&layer) {
        return Err(ImportError::Unsupported(format!(
            "layer {layer}: −1 (the last but one) and 0 (the last) are read"
        )));
    }
    if pooling == Pooling::Cls && dictionaries.ends.is_none() {
        return Err(ImportError::Unsupported(
            "token_dictionary.pkl has no \"<cls>\", as the first Geneformer models: say --pooling mean"
                .into(),
        ));
    }
    let layers = settings.layers.saturating_sub(layer.unsigned_abs() as usize);
    if layers == 0 && pooling == Pooling::Cls {
        return Err(ImportError::Unsupported(
            "a model of one layer has the same <cls> before it for every cell: say --layer 0 or --pooling mean".into(),
        ));
    }
    Ok(layers)
}

fn card(
    name: &str,
    settings: &Settings,
    dictionaries: &Dictionaries,
    reading: Reading,
    layers: usize,
    genes: &str,
) -> ModelCard {
    let place = if reading.layer == 0 { "last" } else { "last but one" };
    let pooled = match reading.pooling {
        Pooling::Cls => "<cls>",
        Pooling::Mean => "mean over genes",
    };
    let without = match dictionaries.without_median {
        0 => String::new(),
        n => format!(" ({n} tokens without a median are never read)"),
    };
    let steps = format!(
        "genes{without} by falling count per 10,000 over their median, at most {}; {pooled} of the {place} layer",
        settings.max_length - dictionaries.ends.map_or(0, |ends| ends.len())
    );
    ModelCard {
        geneformer: Some(GeneformerSizes {
            layers: layers as u32,
            heads: settings.heads as u32,
            hidden: settings.hidden as u32,
            vocabulary: settings.vocabulary as u32,
            max_length: settings.max_length as u32,
            layer: reading.layer,
            pooling: reading.pooling,
            pad: dictionaries.pad,
            ends: dictionaries.ends,
            dictionary_sha256: sha256(genes.as_bytes()),
        }),
        opset: OPSET as u32,
        source_file: "model.safetensors".into(),
        ..ModelCard::new(ModelKind::Geneformer, name, settings.width, steps)
    }
}
