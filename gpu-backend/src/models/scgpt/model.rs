//! scGPT's sequences through ONNX Runtime.

use cellprism_core::embedding::scgpt::{BinnedCell, Tokenizer};

use crate::{
    models::{
        Model,
        transformer::{Batchable, Inputs, Transformer},
    },
    runtime::Place,
};

/// A model with its tokenizer, ready to embed cells.
#[derive(Debug)]
pub struct SequenceModel {
    transformer: Transformer,
    tokenizer: Tokenizer,
}

impl SequenceModel {
    /// Opens the model on a device.
    ///
    /// # Errors
    /// If the device is not there or the model is refused.
    pub fn open(model: &Model, tokenizer: Tokenizer, place: &Place) -> anyhow::Result<Self> {
        let inputs = Inputs {
            pad: model.card.scgpt.as_ref().map_or(0, |sizes| sizes.pad),
            numbers: Some(("values", tokenizer.pad_value)),
            positions: false,
        };
        Ok(Self { transformer: Transformer::open(model, inputs, place)?, tokenizer })
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The graph: size of an embedding, provider, version of ONNX Runtime.
    pub fn graph(&self) -> &Transformer {
        &self.transformer
    }

    /// Embeddings `[cells, latent]`, in the order of `cells`; `done` is told how many more are finished.
    ///
    /// # Errors
    /// As [`Transformer::embed`].
    pub fn embed(&mut self, cells: &[BinnedCell], done: &dyn Fn(u64)) -> anyhow::Result<Vec<f32>> {
        self.transformer.embed(&Binned { cells, tokenizer: &self.tokenizer }, done)
    }
}

/// Cells as sequences of tokens and bins.
struct Binned<'a> {
    cells: &'a [BinnedCell],
    tokenizer: &'a Tokenizer,
}

impl Batchable for Binned<'_> {
    fn lengths(&self) -> Vec<usize> {
        self.cells.iter().map(|cell| self.tokenizer.length(cell)).collect()
    }

    fn write(&self, place: usize, tokens: &mut Vec<i64>, bins: &mut Vec<f32>) {
        self.tokenizer.write(&self.cells[place], tokens, bins);
    }
}
