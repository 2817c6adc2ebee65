//! An ONNX graph that is fed counts.

use anyhow::{Context, bail};
use cellprism_core::{cells::CountMatrix, embedding::card::ModelCard};

use super::Encode;
use crate::{
    models::Model,
    runtime::{
        Place,
        session::{Input, Session},
    },
};

/// A graph on its device.
#[derive(Debug)]
pub struct Graph {
    session: Session,
    card: ModelCard,
    name: String,
    version: String,
    batch: Batch,
}

impl Graph {
    /// Opens a model's graph.
    ///
    /// # Errors
    /// If the device is not there or the model is refused.
    pub fn open(model: &Model, place: &Place) -> anyhow::Result<Self> {
        let runtime = place.runtime()?;
        let path = model.onnx();
        let session = runtime.open(&path, place.device, 0)?;
        let (name, version) = (path.display().to_string(), runtime.version().to_owned());
        Ok(Self { session, card: model.card.clone(), name, version, batch: Batch::default() })
    }
}

impl Encode for Graph {
    fn encode(&mut self, counts: &CountMatrix, one_hot: &[Vec<u32>]) -> anyhow::Result<Vec<f32>> {
        self.batch.fill(&self.card, counts, one_hot);
        let Self { batch, card, session, name, .. } = self;
        run_dense(card, session, counts.rows, &batch.counts, &batch.covariates).with_context(|| name.clone())
    }

    fn provider(&self) -> &'static str {
        self.session.provider()
    }

    fn runtime(&self) -> Option<String> {
        Some(self.version.clone())
    }
}

/// Inputs of one run of the graph.
#[derive(Debug, Default)]
struct Batch {
    counts: Vec<f32>,
    covariates: Vec<f32>,
}

impl Batch {
    fn fill(&mut self, card: &ModelCard, counts: &CountMatrix, one_hot: &[Vec<u32>]) {
        let width = card.encoder_covariate_width();
        self.counts.clear();
        self.counts.resize(counts.rows * counts.cols, 0.0);
        for (row, dense) in self.counts.chunks_mut(counts.cols.max(1)).enumerate() {
            fill_row(card, counts.row(row), dense);
        }
        self.covariates.clear();
        self.covariates.resize(counts.rows * width, 0.0);
        for (row, active) in one_hot.iter().enumerate() {
            for &column in active {
                self.covariates[row * width + column as usize] = 1.0;
            }
        }
    }
}

/// Writes one cell as the graph is fed it.
pub fn fill_row(card: &ModelCard, (genes, counts): (&[u32], &[f32]), dense: &mut [f32]) {
    let total = counts.iter().map(|&c| f64::from(c)).sum();
    dense.fill(0.0);
    for (&gene, &count) in genes.iter().zip(counts) {
        dense[gene as usize] = card.fed(count, total);
    }
}

/// Embeddings `[rows, latent]` of inputs `[rows, genes]`, with one-hot `covariates` `[rows, columns]` where the
/// encoder reads them.
///
/// # Errors
/// If the model fails, or gives another shape than its card promises.
pub fn run_dense(
    card: &ModelCard,
    session: &mut Session,
    rows: usize,
    counts: &[f32],
    covariates: &[f32],
) -> anyhow::Result<Vec<f32>> {
    let latent = card.latent as usize;
    let (shape, covariate_shape) = ([rows, card.genes.len()], [rows, card.encoder_covariate_width()]);
    let mut inputs = vec![(card.input_name(), Input::F32(&shape, counts))];
    if covariate_shape[1] > 0 {
        inputs.push(("covariates", Input::F32(&covariate_shape, covariates)));
    }
    let (found, values) = session.run(&inputs, card.output_name())?;
    if found != [rows, latent] {
        bail!("the model gives {found:?}, its card promises [{rows}, {latent}]");
    }
    Ok(values)
}
