//! SCimilarity's `encoder.ckpt` and `gene_order.tsv` to a model folder.
//!
//! | file | idea |
//! |---|---|
//! | `sizes` | `layer_sizes.json` and `hyperparameters.json`, which the weights must agree with |
//! | `weights` | layers read from the state dictionary |
//!
//! `model.onnx`: `counts` f32 [n, genes], scaled to 10,000 a cell, to `embeddings` f32 [n, latent] of length 1.
//! `encoder.safetensors` holds the layers as scVI's does, with `layers.I.slope [1]` for what is below zero.

mod sizes;
mod weights;

use std::collections::{BTreeMap, BTreeSet};

use cellprism_core::embedding::card::{ModelCard, ModelKind, Normalize};

use crate::{
    checkpoint::{CheckpointError, StateDict, pickle::Node, torch::TorchFile},
    folder::{ImportError, ModelFolder, sha256, with_card},
    graph::{Dim, Element, Graph},
    perceptron::{hidden, linear, log1p, named},
};
use sizes::Sizes;
use weights::Encoder;

/// Version of the standard ONNX operators in the graph.
pub const OPSET: i64 = 17;
/// What the counts of a cell are scaled to.
const SUM: f64 = 10_000.0;
/// Shorter vectors are not stretched to length 1 (as PyTorch's `normalize`).
const SHORTEST: f32 = 1e-12;
/// Most genes.
const LARGEST: usize = 1_000_000;

/// The files of a checkpoint.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// `encoder.ckpt`.
    pub encoder: &'a [u8],
    /// `gene_order.tsv`: one gene a line.
    pub genes: &'a [u8],
    /// `layer_sizes.json`, where it is there.
    pub layer_sizes: Option<&'a [u8]>,
    /// `hyperparameters.json`, where it is there.
    pub hyperparameters: Option<&'a [u8]>,
}

/// Imports a checkpoint; `name` is for people.
///
/// # Errors
/// If a file is refused, they do not fit each other, or the model has a part that is not supported.
pub fn import(files: Files<'_>, name: &str) -> Result<ModelFolder, ImportError> {
    let genes = gene_order(files.genes)?;
    let sizes = Sizes::read(files.layer_sizes, files.hyperparameters)?;
    let checkpoint = TorchFile::read(files.encoder)?;
    let state =
        checkpoint.root().get("state_dict").filter(|node: &Node<'_>| node.is_dict()).ok_or_else(|| {
            CheckpointError::Missing(
                "encoder.ckpt has no dictionary \"state_dict\": it is not an encoder saved by SCimilarity"
                    .into(),
            )
        })?;
    let encoder = Encoder::read(&StateDict::new(&checkpoint, state, "encoder.ckpt"), genes.len())?;
    sizes.check(&encoder)?;
    let card = ModelCard {
        genes,
        normalize: Normalize::Sum(SUM),
        log1p: true,
        unit_length: true,
        opset: OPSET as u32,
        source_file: "encoder.ckpt".into(),
        source_sha256: sha256(files.encoder),
        ..ModelCard::new(
            ModelKind::Scimilarity,
            name,
            encoder.last.outputs(),
            "counts of the model's genes per 10,000, log1p".into(),
        )
    };
    let mut folder = BTreeMap::new();
    folder.insert("model.json".into(), card.to_json()?.into_bytes());
    folder.insert("model.onnx".into(), graph(&card, &encoder).to_bytes(OPSET));
    let tensors = named(&encoder.layers, "mean", &encoder.last);
    folder.insert("encoder.safetensors".into(), with_card(&card, &tensors)?);
    Ok(ModelFolder { card, files: folder })
}

fn gene_order(file: &[u8]) -> Result<Vec<String>, ImportError> {
    let wrong = |what: String| ImportError::File { file: "gene_order.tsv", what };
    let text = std::str::from_utf8(file).map_err(|_| wrong("not text, one gene a line".into()))?;
    let genes: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    if genes.is_empty() || genes.len() > LARGEST {
        return Err(wrong(format!("{} genes", genes.len())));
    }
    let mut seen = BTreeSet::new();
    for (line, gene) in genes.iter().enumerate() {
        if gene.is_empty() {
            return Err(wrong(format!("line {} is empty", line + 1)));
        }
        if !seen.insert(gene.as_str()) {
            return Err(wrong(format!("line {} names {gene:?} again", line + 1)));
        }
    }
    Ok(genes)
}

fn graph(card: &ModelCard, encoder: &Encoder) -> Graph {
    let mut g = Graph::new("scimilarity_encoder");
    let counts = g.input("counts", Element::F32, &[Dim::name("n"), Dim::fixed(card.genes.len())]);
    let x = log1p(&mut g, counts);
    let x = hidden(&mut g, x, None, &encoder.layers);
    let x = linear(&mut g, x, "last", &encoder.last);
    let length = g.op_with("ReduceL2", &[x], &[("axes", vec![1i64].into()), ("keepdims", 1.into())]);
    let shortest = g.constant("shortest", &[], &[SHORTEST]);
    let length = g.op("Max", &[length, shortest]);
    let embedding = g.op("Div", &[x, length]);
    g.output(embedding, "embeddings", Element::F32, &[Dim::name("n"), Dim::fixed(card.latent as usize)]);
    g
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gene_lists_are_checked() {
        let refused = |text: &str| gene_order(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(gene_order(b"LYZ\r\nCD79A\n").unwrap(), ["LYZ", "CD79A"]);
        assert!(refused("LYZ\n\nCD79A\n").contains("line 2 is empty"));
        assert!(refused("LYZ\nLYZ\n").contains("line 2 names \"LYZ\" again"));
        assert!(refused("").contains("0 genes"));
    }
}
