//! The page's code: an encoder whose first layer reads the few genes that a cell has counts of.

use std::sync::OnceLock;

use anyhow::Context;
use cellprism_core::{
    attribution::{Perturb, ScviSwaps},
    cells::CountMatrix,
    embedding::scvi::ScviEncoder,
};

use super::{Encode, Graph};
use crate::{
    models::{Counted, Model, Swapper, folder::read_bounded},
    runtime::Place,
};

/// The weights of an encoder without ONNX.
pub const ENCODER: &str = "encoder.safetensors";

/// Weights that are read when they are first needed.
#[derive(Debug, Default)]
pub struct NativeEncoder(OnceLock<ScviEncoder>);

impl NativeEncoder {
    /// Whether it computes at a place: on the processor, where no library is named.
    pub fn is_at(&self, model: &Model, place: &Place) -> bool {
        place.prefers_native() && model.folder.join(ENCODER).exists()
    }

    /// What computes at a place.
    ///
    /// # Errors
    /// If the library is not there.
    pub fn engine(&self, model: &Model, place: &Place) -> anyhow::Result<String> {
        if self.is_at(model, place) {
            return Ok("native".into());
        }
        Ok(format!("ONNX Runtime {}", place.runtime()?.version()))
    }

    /// The weights.
    ///
    /// # Errors
    /// If they are missing or damaged.
    pub fn get(&self, model: &Model) -> anyhow::Result<&ScviEncoder> {
        if let Some(encoder) = self.0.get() {
            return Ok(encoder);
        }
        let path = model.folder.join(ENCODER);
        let bytes = read_bounded(&path).context("it is what `cellprism import` writes")?;
        let encoder = ScviEncoder::from_safetensors(&bytes).with_context(|| path.display().to_string())?;
        Ok(self.0.get_or_init(|| encoder))
    }

    /// This encoder, or the model's graph where it does not compute.
    ///
    /// # Errors
    /// If weights are damaged, the device is not there or the model is refused.
    pub fn or_graph(&self, model: &Model, place: &Place) -> anyhow::Result<Box<dyn Encode + '_>> {
        if self.is_at(model, place) {
            return Ok(Box::new(Native(self.get(model)?)));
        }
        Ok(Box::new(Graph::open(model, place)?))
    }
}

/// Swaps of genes through these weights.
#[derive(Clone, Copy, Debug)]
pub struct NativeSwapper<'a> {
    /// The weights.
    pub encoder: &'a ScviEncoder,
    /// Active covariate columns of all cells; empty where the encoder reads none.
    pub one_hot: &'a [Vec<u32>],
}

impl Swapper for NativeSwapper<'_> {
    fn among<'a>(&'a self, cells: Counted<'a>) -> anyhow::Result<Box<dyn Perturb + 'a>> {
        Ok(Box::new(ScviSwaps::new(self.encoder, cells.model, self.one_hot)?))
    }
}

struct Native<'a>(&'a ScviEncoder);

impl Encode for Native<'_> {
    fn encode(&mut self, counts: &CountMatrix, one_hot: &[Vec<u32>]) -> anyhow::Result<Vec<f32>> {
        Ok(self.0.encode(counts, one_hot)?.into_raw_vec_and_offset().0)
    }

    fn provider(&self) -> &'static str {
        "native"
    }

    fn runtime(&self) -> Option<String> {
        None
    }
}
