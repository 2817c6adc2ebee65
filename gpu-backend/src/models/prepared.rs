//! What a job knows of a model.

use cellprism_core::{
    attribution::{DeletionOptions, Perturb},
    bundle::GeneAudit,
    cells::{CountMatrix, GeneMap, SomeCells},
    embedding::card::ModelKind,
    ids::ConceptId,
    sae::SaeWeights,
    steering::{SteeredConcept, Target},
};
use ndarray::ArrayView2;
use serde_json::Value;

use super::{CARD, Model};
use crate::{
    runtime::Place,
    work::{digest, key::Key, shards::Shard},
};

/// A model with the genes of these cells matched to it.
pub trait Prepared: Send + Sync {
    /// Its folder and card.
    fn model(&self) -> &Model;

    /// Names of the genes that it reads here, in its order.
    fn genes(&self) -> &[String];

    /// Those genes in the data.
    fn map(&self) -> &GeneMap;

    /// How they were matched.
    fn audit(&self) -> &GeneAudit {
        &self.map().audit
    }

    /// What computes at a place, for instance "native" or ONNX Runtime's version.
    ///
    /// # Errors
    /// If the library is not there.
    fn engine(&self, place: &Place) -> anyhow::Result<String> {
        Ok(format!("ONNX Runtime {}", place.runtime()?.version()))
    }

    /// What decides how a cell is read, besides the weights and the genes: rule and genes of a sequence.
    fn reading(&self) -> Option<String> {
        None
    }

    /// All that decides its numbers: every file of its folder, the genes, device, engine, precision, sequence.
    ///
    /// # Errors
    /// If a file cannot be read, or the library is not there.
    fn key(&self, places: &[Place]) -> anyhow::Result<Key> {
        let model = self.model();
        let devices: Vec<String> = places.iter().map(|place| place.device.to_string()).collect();
        let engines = places.iter().map(|place| self.engine(place)).collect::<anyhow::Result<Vec<_>>>()?;
        let mut key = Key::default()
            .with("device", devices.join(","))
            .with("engine", engines.join(","))
            .with("precision", &model.card.precision)
            .with_digest("genes in the data", format!("{:?}", self.map().column_of))
            .with_digest("genes of the model", self.genes().join("\0"));
        if let Some(reading) = self.reading() {
            key = key.with("sequence", reading);
        }
        for file in model.files()? {
            let sum = digest::of_file(&model.folder.join(&file))?;
            key = key.with(&format!("model/{file}"), sum);
        }
        Ok(key)
    }

    /// What embeds cells at a place.
    ///
    /// # Errors
    /// If the device is not there or the model is refused.
    fn embedder(&self, place: &Place) -> anyhow::Result<Box<dyn Embed + '_>>;

    /// What swaps genes among cells at a place.
    ///
    /// # Errors
    /// If the device is not there, or weights are damaged.
    fn swapper(&self, place: &Place) -> anyhow::Result<Box<dyn Swapper + '_>>;

    /// Whether a swap is a pass of a large model: then contrasts that cost many are made only where they are asked for.
    fn is_dear(&self) -> bool {
        false
    }

    /// Whether it has a gradient at a place, by which genes can be screened before they are swapped.
    fn has_gradient(&self, _place: &Place) -> bool {
        false
    }

    /// Length and repetition of deletion curves, by what a pass of the model costs.
    fn deletion(&self) -> DeletionOptions;

    /// What decodes latents to expected counts, where it can.
    ///
    /// # Errors
    /// If its weights are missing or damaged, or the cells lack a covariate.
    fn decoder(&self) -> anyhow::Result<Option<Box<dyn Decode + '_>>> {
        Ok(None)
    }

    /// Files of the folder with which a page can run the encoder on counts alone; none where it cannot.
    fn in_browser(&self) -> &'static [&'static str] {
        &[]
    }

    /// Files of the folder that a bundle holds: what the page reads, and what says how cells were read.
    fn published(&self) -> Vec<&'static str> {
        [CARD].into_iter().chain(self.in_browser().iter().copied()).collect()
    }

    /// Where it comes from and what it does, for manifests.
    fn provenance(&self) -> Provenance {
        let card = &self.model().card;
        let (kind, title) = (card.kind, card.kind.title());
        Provenance { kind, title, preprocessing: card.preprocessing.clone(), sequence: None }
    }
}

/// Swaps genes among cells that are handed to it, those of one concept after those of another: the model is opened once, and
/// nobody holds the counts of all cells.
pub trait Swapper: Send + Sync {
    /// Swaps among these cells.
    ///
    /// # Errors
    /// If the counts do not fit the model.
    fn among<'a>(&'a self, cells: Counted<'a>) -> anyhow::Result<Box<dyn Perturb + 'a>>;
}

/// Counts of the cells that genes are swapped among.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    /// The model's genes, in its order.
    pub model: SomeCells<'a>,
    /// The sum of all measured counts of each row.
    pub totals: &'a [f64],
}

/// What a manifest says of a model besides its card.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// Its kind.
    pub kind: ModelKind,
    /// Its kind, for people.
    pub title: &'static str,
    /// What is done to counts, in words.
    pub preprocessing: String,
    /// How cells became sequences: at least `rule`, `genes` in words, and `max_length`.
    pub sequence: Option<Value>,
}

/// Embeds cells on one device.
pub trait Embed: Send {
    /// Cells that are read and embedded at a time.
    fn rows(&self) -> usize;

    /// Embeddings of cells by their counts in the data's gene order; `start` is the first cell's place in the data, and
    /// `done` is told how many more are finished.
    ///
    /// # Errors
    /// If the device fails, or the model gives another size than its card says.
    fn embed(&mut self, counts: &CountMatrix, start: usize, done: &dyn Fn(u64)) -> anyhow::Result<Shard>;

    /// ONNX Runtime's name of the execution provider, or "native".
    fn provider(&self) -> &'static str;

    /// Version of ONNX Runtime, where it is what computes.
    fn runtime(&self) -> Option<String>;
}

/// Cells to decode.
#[derive(Clone, Copy, Debug)]
pub struct LatentCells<'a> {
    /// Their places in the data.
    pub rows: &'a [usize],
    /// `[cells, d]`, of the model's encoder.
    pub latent: ArrayView2<'a, f32>,
    /// Sums of counts over the model's genes.
    pub totals: &'a [f64],
    /// The steered concept's activation in each cell.
    pub activations: &'a [f32],
}

/// Decodes latents to expected counts.
pub trait Decode {
    /// Genes, in the model's order.
    fn genes(&self) -> &[String];

    /// Sets a concept to another value.
    ///
    /// # Errors
    /// If the latents or covariates do not fit the decoder.
    fn steer(
        &self,
        sae: &SaeWeights,
        concept: ConceptId,
        cells: LatentCells<'_>,
        target: Target,
    ) -> anyhow::Result<SteeredConcept>;
}
