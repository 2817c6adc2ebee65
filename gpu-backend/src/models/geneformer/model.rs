//! Geneformer's sequences through ONNX Runtime.

use std::sync::Arc;

use anyhow::Context;
use cellprism_core::embedding::{card::Pooling, geneformer::RankTokenizer};

use crate::{
    models::{
        Model,
        transformer::{Batchable, Inputs, Transformer},
    },
    runtime::Place,
};

/// A model with its tokenizer, ready to embed cells.
#[derive(Debug)]
pub struct RankModel {
    transformer: Transformer,
    tokenizer: RankTokenizer,
    pooling: Pooling,
}

impl RankModel {
    /// Opens the model on a device.
    ///
    /// # Errors
    /// If it is no Geneformer, the device is not there or the model is refused.
    pub fn open(model: &Model, tokenizer: RankTokenizer, place: &Place) -> anyhow::Result<Self> {
        let sizes = model.card.geneformer.as_ref().context("no Geneformer model")?;
        let numbers = (sizes.pooling == Pooling::Mean).then_some(("weights", 0.0));
        let inputs = Inputs { pad: sizes.pad, numbers, positions: true };
        let transformer = Transformer::open(model, inputs, place)?;
        Ok(Self { transformer, tokenizer, pooling: sizes.pooling })
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &RankTokenizer {
        &self.tokenizer
    }

    /// The graph: size of an embedding, provider, version of ONNX Runtime.
    pub fn graph(&self) -> &Transformer {
        &self.transformer
    }

    /// Whether a sequence can be embedded: there is no mean of no gene.
    pub fn has_embedding(&self, sequence: &[u32]) -> bool {
        self.pooling != Pooling::Mean || sequence.len() > self.tokenizer.special()
    }

    /// Embeddings `[sequences, latent]`, in their order; `done` is told how many more are finished.
    ///
    /// # Errors
    /// If a sequence [has no embedding](Self::has_embedding), or as [`Transformer::embed`].
    pub fn embed(&mut self, sequences: &[Arc<[u32]>], done: &dyn Fn(u64)) -> anyhow::Result<Vec<f32>> {
        let special = self.tokenizer.special();
        self.transformer.embed(&Ranked { sequences, special, pooling: self.pooling }, done)
    }
}

/// Sequences of tokens, for the mean with the share of each.
struct Ranked<'a> {
    sequences: &'a [Arc<[u32]>],
    special: usize,
    pooling: Pooling,
}

impl Batchable for Ranked<'_> {
    fn lengths(&self) -> Vec<usize> {
        self.sequences.iter().map(|sequence| sequence.len()).collect()
    }

    fn write(&self, place: usize, tokens: &mut Vec<i64>, shares: &mut Vec<f32>) {
        let sequence = &self.sequences[place];
        tokens.extend(sequence.iter().map(|&token| i64::from(token)));
        if self.pooling == Pooling::Mean {
            let genes = sequence.len().saturating_sub(self.special);
            let before = self.special / 2;
            shares.extend(std::iter::repeat_n(0.0, before));
            shares.extend(std::iter::repeat_n(1.0 / genes as f32, genes));
            shares.extend(std::iter::repeat_n(0.0, self.special - before));
        }
    }
}
