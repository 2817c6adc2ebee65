//! scVI. On the processor it runs without ONNX Runtime: its first layer reads the few genes that a cell has counts of,
//! which a graph of dense operators cannot, and the numbers are those of the page, bit for bit. Where a library is named,
//! or on another device, ONNX Runtime runs the graph; both are within 1e-5 of scvi-tools.

use std::path::Path;

use anyhow::{Context, anyhow, bail};
use cellprism_core::{
    attribution::DeletionOptions,
    cells::GeneMap,
    embedding::{
        card::{ModelCard, ModelKind},
        scvi::ScviDecoder,
    },
    ids::ConceptId,
    sae::SaeWeights,
    steering::{SteeredCells, SteeredConcept, Target, steer_concept},
};
use cellprism_onnx::folder::ModelFolder;

use super::{
    Decode, Embed, ImportOptions, Kind, LatentCells, Model, Prepared, Request, Swapper, Words,
    counts::{self, CountEmbedder, ENCODER, NativeEncoder, NativeSwapper},
    folder,
};
use crate::{files::h5ad::H5ad, runtime::Place};

/// The weights of the decoder without ONNX.
const DECODER: &str = "decoder.safetensors";

/// scvi-tools' SCVI.
#[derive(Clone, Copy, Debug)]
pub struct Scvi;

impl Kind for Scvi {
    fn words(&self) -> &'static Words {
        &Words {
            kind: ModelKind::Scvi,
            about: "scvi-tools' SCVI: a folder with model.pt as scvi-tools saves it",
            checkpoint: "a scvi-tools checkpoint",
            example: "scvi my_scvi_model --out model",
            settings: &[],
        }
    }

    fn recognises(&self, path: &Path) -> bool {
        path.join("model.pt").exists() || (path.is_file() && path.extension().is_none_or(|end| end != "onnx"))
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
        let one_hot = counts::encoder_covariates(&model.card, cells)?;
        let decoder_one_hot = counts::covariates(&model.card, cells);
        Ok(Box::new(PreparedScvi { model, map, one_hot, decoder_one_hot, native: NativeEncoder::default() }))
    }

    fn decodes(&self) -> bool {
        true
    }
}

/// Reads a scvi-tools checkpoint folder (or its `model.pt`).
///
/// # Errors
/// If the file is missing, refused or damaged. Nothing in it is executed.
pub fn import(checkpoint: &Path) -> anyhow::Result<ModelFolder> {
    let file = if checkpoint.is_dir() { checkpoint.join("model.pt") } else { checkpoint.to_owned() };
    let bytes = folder::read_bounded(&file)?;
    cellprism_onnx::scvi::import(&bytes, &folder::name_of(&file, "scVI"))
        .with_context(|| file.display().to_string())
}

/// scVI with the genes of some cells.
struct PreparedScvi {
    model: Model,
    map: GeneMap,
    one_hot: Vec<Vec<u32>>,
    decoder_one_hot: anyhow::Result<Vec<Vec<u32>>>,
    native: NativeEncoder,
}

impl Prepared for PreparedScvi {
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
        Ok(Box::new(CountEmbedder { encode, card: &self.model.card, map: &self.map, one_hot: &self.one_hot }))
    }

    fn swapper(&self, _: &Place) -> anyhow::Result<Box<dyn Swapper + '_>> {
        let encoder = self.native.get(&self.model)?;
        Ok(Box::new(NativeSwapper { encoder, one_hot: &self.one_hot }))
    }

    fn deletion(&self) -> DeletionOptions {
        DeletionOptions::default()
    }

    fn decoder(&self) -> anyhow::Result<Option<Box<dyn Decode + '_>>> {
        let one_hot = self.decoder_one_hot.as_ref().map_err(|error| anyhow!("{error:#}"))?;
        let path = self.model.folder.join(DECODER);
        let bytes = folder::read_bounded(&path).with_context(|| {
            format!(
                "cannot read {}: steering needs the decoder's weights, which `cellprism import scvi` writes for models of \
                 counts",
                path.display()
            )
        })?;
        let weights = ScviDecoder::from_safetensors(&bytes).with_context(|| path.display().to_string())?;
        Ok(Some(Box::new(Decoder { weights, one_hot })))
    }

    fn in_browser(&self) -> &'static [&'static str] {
        let covariates = self.model.card.encoder_covariate_width();
        if self.model.folder.join(ENCODER).exists() && covariates == 0 { &[ENCODER, DECODER] } else { &[] }
    }
}

/// Decoder and the covariates of all cells.
struct Decoder<'a> {
    weights: ScviDecoder,
    one_hot: &'a [Vec<u32>],
}

impl Decode for Decoder<'_> {
    fn genes(&self) -> &[String] {
        self.weights.genes()
    }

    fn steer(
        &self,
        sae: &SaeWeights,
        concept: ConceptId,
        cells: LatentCells<'_>,
        target: Target,
    ) -> anyhow::Result<SteeredConcept> {
        if cells.totals.len() != cells.rows.len() || cells.activations.len() != cells.rows.len() {
            bail!("{} cells to steer, with {} totals", cells.rows.len(), cells.totals.len());
        }
        let one_hot: Vec<Vec<u32>> =
            cells.rows.iter().filter_map(|&row| self.one_hot.get(row).cloned()).collect();
        let (latent, totals, activations) = (cells.latent, cells.totals, cells.activations);
        let chosen = SteeredCells { latent, totals, one_hot: &one_hot, activations };
        Ok(steer_concept(&self.weights, sae, concept, chosen, target)?)
    }
}
