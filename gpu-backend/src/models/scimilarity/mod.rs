//! SCimilarity. Its encoder is of scVI's build, so that it runs without ONNX Runtime on the processor, too; swaps change the
//! cell's sum and with it every count that the model reads.

use std::path::Path;

use anyhow::Context;
use cellprism_core::{
    attribution::DeletionOptions,
    cells::GeneMap,
    embedding::card::{ModelCard, ModelKind},
};
use cellprism_onnx::{
    folder::ModelFolder,
    scimilarity::{self, Files},
};

use super::{
    Embed, ImportOptions, Kind, Model, Prepared, Request, Swapper, Words,
    counts::{self, CountEmbedder, GraphSwapper, NativeEncoder, NativeSwapper},
    folder::{self, name_of, read_bounded},
};
use crate::{
    files::h5ad::H5ad,
    runtime::{Device, Place},
};

/// The weights.
const WEIGHTS: &str = "encoder.ckpt";
/// The genes, one a line.
const GENES: &str = "gene_order.tsv";

/// SCimilarity.
#[derive(Clone, Copy, Debug)]
pub struct Scimilarity;

impl Kind for Scimilarity {
    fn words(&self) -> &'static Words {
        &Words {
            kind: ModelKind::Scimilarity,
            about: "SCimilarity: a folder with encoder.ckpt and gene_order.tsv",
            checkpoint: "a SCimilarity checkpoint",
            example: "scimilarity model_v1.1 --out model",
            settings: &[],
        }
    }

    fn recognises(&self, path: &Path) -> bool {
        path.join(WEIGHTS).exists()
            || (path.is_file() && path.file_name().is_some_and(|name| name == WEIGHTS))
    }

    fn import(&self, asked: &ImportOptions) -> anyhow::Result<ModelCard> {
        folder::write(import(&asked.checkpoint)?, &asked.out)
    }

    fn prepare(
        &self,
        model: Model,
        cells: &mut H5ad,
        request: &Request<'_>,
    ) -> anyhow::Result<Box<dyn Prepared>> {
        request.sequence.are_not_for(&model)?;
        let map = counts::shared_genes(&model, cells, request)?;
        Ok(Box::new(PreparedScimilarity { model, map, native: NativeEncoder::default() }))
    }
}

/// Reads a SCimilarity checkpoint folder (or its `encoder.ckpt`), with `gene_order.tsv` beside the weights.
///
/// # Errors
/// If a file is missing, refused or damaged, or they do not fit. Nothing in them is executed.
pub fn import(checkpoint: &Path) -> anyhow::Result<ModelFolder> {
    let file = if checkpoint.is_dir() { checkpoint.join(WEIGHTS) } else { checkpoint.to_owned() };
    let folder = file.parent().unwrap_or(Path::new("."));
    let encoder = read_bounded(&file)?;
    let genes = read_bounded(&folder.join(GENES))?;
    let optional = |name: &str| {
        let path = folder.join(name);
        if path.exists() { read_bounded(&path).map(Some) } else { Ok(None) }
    };
    let (sizes, parameters) = (optional("layer_sizes.json")?, optional("hyperparameters.json")?);
    let files = Files {
        encoder: &encoder,
        genes: &genes,
        layer_sizes: sizes.as_deref(),
        hyperparameters: parameters.as_deref(),
    };
    scimilarity::import(files, &name_of(&file, "SCimilarity")).with_context(|| folder.display().to_string())
}

/// SCimilarity with the genes of some cells.
struct PreparedScimilarity {
    model: Model,
    map: GeneMap,
    native: NativeEncoder,
}

impl Prepared for PreparedScimilarity {
    fn model(&self) -> &Model {
        &self.model
    }

    fn genes(&self) -> &[String] {
        &self.model.card.genes
    }

    fn map(&self) -> &GeneMap {
        &self.map
    }

    fn engine(&self, place: &Place) -> anyhow::Result<String> {
        self.native.engine(&self.model, place)
    }

    fn embedder(&self, place: &Place) -> anyhow::Result<Box<dyn Embed + '_>> {
        let encode = self.native.or_graph(&self.model, place)?;
        Ok(Box::new(CountEmbedder { encode, card: &self.model.card, map: &self.map, one_hot: &[] }))
    }

    fn swapper(&self, place: &Place) -> anyhow::Result<Box<dyn Swapper + '_>> {
        if place.device == Device::Cpu {
            let encoder = self.native.get(&self.model)?;
            return Ok(Box::new(NativeSwapper { encoder, one_hot: &[] }));
        }
        Ok(Box::new(GraphSwapper::open(&self.model, place, &[])?))
    }

    /// Every point of a curve is a pass of the whole model.
    fn deletion(&self) -> DeletionOptions {
        DeletionOptions { random_orders: 2, ..DeletionOptions::default() }
    }
}
