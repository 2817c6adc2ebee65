//! The model through which genes are swapped, whichever it is.

use cellprism_core::{
    attribution::{DeletionOptions, Perturb, PerturbError, ScviSwaps, Swaps},
    cells::CountMatrix,
    embedding::{card::ModelKind, scvi::ScviEncoder},
    ids::CellId,
};

use super::{Job, inputs::Inputs};
use crate::models::{
    onnx::swaps::{EncoderEngine, EncoderSwaps},
    scgpt::{self, ScgptSwaps, SequenceModel},
};

/// What swapping needs, ready.
pub enum Swapping {
    /// scVI's encoder in plain Rust.
    Scvi(Box<ScviEncoder>),
    /// scGPT on its device.
    Scgpt(Box<ScgptSwaps>),
    /// Another encoder of counts on its device.
    Encoder(Box<EncoderEngine>),
}

impl Swapping {
    /// Prepares the model of a job.
    ///
    /// # Errors
    /// If its weights are missing or damaged, or the device is not there.
    pub fn prepare(job: &Job, inputs: &Inputs) -> anyhow::Result<Self> {
        let Some(sequences) = &inputs.sequences else {
            if inputs.model.card.kind == ModelKind::Onnx {
                let engine = EncoderEngine::open(&inputs.model, job.device, job.onnxruntime.as_deref())?;
                return Ok(Self::Encoder(Box::new(engine)));
            }
            return Ok(Self::Scvi(Box::new(inputs.model.read_encoder()?)));
        };
        let tokenizer = sequences.tokenizer.clone();
        let model = SequenceModel::open(&inputs.model, tokenizer, job.device, job.onnxruntime.as_deref())?;
        let (cells, _) = scgpt::bin(sequences, &inputs.cells.counts);
        Ok(Self::Scgpt(Box::new(ScgptSwaps::new(model, cells))))
    }

    /// Swaps among cells with these counts, in the model's gene order.
    ///
    /// # Errors
    /// If the counts do not fit the model.
    pub fn among<'a>(
        &'a self,
        counts: &'a CountMatrix,
        one_hot: &'a [Vec<u32>],
    ) -> Result<Swapper<'a>, PerturbError> {
        Ok(match self {
            Self::Scvi(encoder) => Swapper::Scvi(ScviSwaps::new(encoder, counts, one_hot)?),
            Self::Scgpt(swaps) => Swapper::Scgpt(swaps),
            Self::Encoder(engine) => Swapper::Encoder(engine.among(counts, one_hot)?),
        })
    }

    /// Whether every swap is a pass of a whole large model, so that only what is asked for is computed.
    pub fn is_dear(&self) -> bool {
        matches!(self, Self::Scgpt(_))
    }

    /// Length and repetition of deletion curves: every point of scGPT's is a pass of the whole model.
    pub fn deletion(&self) -> DeletionOptions {
        match self {
            Self::Scvi(_) => DeletionOptions::default(),
            Self::Encoder(_) => DeletionOptions { random_orders: 2, ..DeletionOptions::default() },
            Self::Scgpt(_) => DeletionOptions { steps: 20, random_orders: 1, ..DeletionOptions::default() },
        }
    }
}

/// Swaps through any model.
pub enum Swapper<'a> {
    /// By rank-1 updates.
    Scvi(ScviSwaps<'a>),
    /// By shared passes.
    Scgpt(&'a ScgptSwaps),
    /// By passes of the whole graph.
    Encoder(EncoderSwaps<'a>),
}

impl Perturb for Swapper<'_> {
    fn genes(&self) -> usize {
        match self {
            Self::Scvi(swaps) => swaps.genes(),
            Self::Scgpt(swaps) => swaps.genes(),
            Self::Encoder(swaps) => swaps.genes(),
        }
    }

    fn swaps(&self, prototype: CellId, counterfactuals: &[CellId]) -> Result<Swaps, PerturbError> {
        match self {
            Self::Scvi(swaps) => swaps.swaps(prototype, counterfactuals),
            Self::Scgpt(swaps) => swaps.swaps(prototype, counterfactuals),
            Self::Encoder(swaps) => swaps.swaps(prototype, counterfactuals),
        }
    }

    fn path(
        &self,
        prototype: CellId,
        counterfactual: CellId,
        order: &[u32],
        steps: &[u32],
    ) -> Result<Vec<f32>, PerturbError> {
        match self {
            Self::Scvi(swaps) => swaps.path(prototype, counterfactual, order, steps),
            Self::Scgpt(swaps) => swaps.path(prototype, counterfactual, order, steps),
            Self::Encoder(swaps) => swaps.path(prototype, counterfactual, order, steps),
        }
    }

    fn value(&self, cell: CellId, gene: u32) -> f32 {
        match self {
            Self::Scvi(swaps) => swaps.value(cell, gene),
            Self::Scgpt(swaps) => swaps.value(cell, gene),
            Self::Encoder(swaps) => swaps.value(cell, gene),
        }
    }
}
