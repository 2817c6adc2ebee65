//! Any encoder of counts as a ready ONNX file.

mod import;
mod probe;

use std::path::Path;

use anyhow::Context;
use cellprism_core::{
    attribution::DeletionOptions,
    cells::GeneMap,
    embedding::card::{ModelCard, ModelKind},
};

use super::{
    Embed, ImportOptions, Kind, Model, Prepared, Request, Setting, Swapper, Words,
    counts::{self, CountEmbedder, Graph, GraphSwapper},
};
use crate::{files::h5ad::H5ad, runtime::Place};

pub use import::import;

/// The card.
const CARD: Setting = Setting {
    name: "card",
    choices: &[],
    help: "a JSON file of what the encoder reads and gives (see below)",
};

/// A ready ONNX file with a card written by hand.
#[derive(Clone, Copy, Debug)]
pub struct Onnx;

impl Kind for Onnx {
    fn words(&self) -> &'static Words {
        &Words {
            kind: ModelKind::Onnx,
            about: "Any other encoder of counts: an ONNX file, [cells, genes] to [cells, dimensions]",
            checkpoint: "an ONNX file",
            example: "onnx encoder.onnx --card card.json --out model",
            settings: &[CARD],
        }
    }

    /// A file alone does not say which genes it reads.
    fn recognises(&self, _: &Path) -> bool {
        false
    }

    fn import(&self, asked: &ImportOptions) -> anyhow::Result<ModelCard> {
        let card = asked.settings.get(&CARD).map(Path::new).context(
            "an ONNX file does not say which genes it reads: give --card CARD.json (`cellprism import --help` shows one)",
        )?;
        import(&asked.checkpoint, card, &asked.out, asked.onnxruntime.as_deref())
    }

    fn prepare(
        &self,
        model: Model,
        cells: &mut H5ad,
        request: &Request<'_>,
    ) -> anyhow::Result<Box<dyn Prepared>> {
        request.sequence.are_not_for(&model)?;
        let map = counts::shared_genes(&model, cells, request)?;
        let one_hot = counts::encoder_covariates(&model.card, cells)?;
        Ok(Box::new(PreparedOnnx { model, map, one_hot }))
    }
}

/// An encoder with the genes of some cells.
struct PreparedOnnx {
    model: Model,
    map: GeneMap,
    one_hot: Vec<Vec<u32>>,
}

impl Prepared for PreparedOnnx {
    fn model(&self) -> &Model {
        &self.model
    }

    fn genes(&self) -> &[String] {
        &self.model.card.genes
    }

    fn map(&self) -> &GeneMap {
        &self.map
    }

    fn embedder(&self, place: &Place) -> anyhow::Result<Box<dyn Embed + '_>> {
        let encode = Box::new(Graph::open(&self.model, place)?);
        Ok(Box::new(CountEmbedder { encode, card: &self.model.card, map: &self.map, one_hot: &self.one_hot }))
    }

    fn swapper(&self, place: &Place) -> anyhow::Result<Box<dyn Swapper + '_>> {
        Ok(Box::new(GraphSwapper::open(&self.model, place, &self.one_hot)?))
    }

    fn deletion(&self) -> DeletionOptions {
        DeletionOptions { random_orders: 2, ..DeletionOptions::default() }
    }
}
