//! Embedding of count matrices: scVI, and any other encoder that reads the counts of a fixed gene list.

use anyhow::{Context, bail};
use cellprism_core::{
    cells::{CountMatrix, GeneMap},
    embedding::card::{ModelCard, Normalize},
};
use ndarray::Array2;

use super::{
    Device,
    ort::{Input, Runtime, Session},
};
use crate::{
    cli::Progress,
    io::{
        h5ad::H5ad,
        model::Model,
        shards::{Shard, Shards},
    },
};

/// Values that one batch may hold, so that memory stays bounded for any number of genes.
const BATCH_VALUES: usize = 8 << 20;

/// Embeddings with what computed them.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// `[cells, latent]`.
    pub values: Array2<f32>,
    /// ONNX Runtime's name of the execution provider.
    pub provider: String,
    /// Version of ONNX Runtime.
    pub runtime: String,
    /// Sum of counts on matched genes, and of all counts.
    pub counts: (f64, f64),
    /// Cells of which a sequence model could not read all genes.
    pub shortened: u64,
    /// Cells that an interrupted run had embedded before.
    pub kept: usize,
}

/// Embeds all cells of a file, some rows at a time; those that `shards` holds are not computed again.
///
/// # Errors
/// If the device is not there, a covariate is missing, or the file is damaged.
pub fn embed(
    model: &Model,
    device: Device,
    onnxruntime: Option<&std::path::Path>,
    cells: &mut H5ad,
    map: &GeneMap,
    shards: &Shards,
    progress: &Progress,
) -> anyhow::Result<Embedded> {
    let one_hot = encoder_covariates(&model.card, cells)?;
    let runtime = Runtime::start(onnxruntime)?;
    let mut session = runtime.open(&model.onnx(), device, 0)?;
    let rows = (BATCH_VALUES / model.card.genes.len().max(1)).clamp(1, 4096);
    let latent = model.card.latent as usize;
    let mut batch = Batch::default();
    let all = shards.collect(cells, rows, latent, progress, |start, counts| {
        let matched = map.matched_counts(counts);
        let counts = map.apply(counts);
        batch.fill(&model.card, &counts, one_hot.get(start..start + counts.rows).unwrap_or(&[]));
        let values = batch
            .run(&mut session, counts.rows, latent)
            .with_context(|| model.onnx().display().to_string())?;
        progress.advance(counts.rows as u64);
        Ok(Shard { values, counts: matched, ..Shard::default() })
    })?;
    let values = Array2::from_shape_vec((cells.len(), latent), all.values)?;
    if let Some((cell, _)) = values.indexed_iter().find(|(_, v)| !v.is_finite()).map(|(at, v)| (at.0, v)) {
        bail!(
            "the embedding of cell {:?} is not finite: does {} fit these counts?",
            cells.names()[cell],
            model.folder.display()
        );
    }
    Ok(Embedded {
        values,
        provider: session.provider().into(),
        runtime: runtime.version().into(),
        counts: all.counts,
        shortened: 0,
        kept: all.kept,
    })
}

/// Inputs of one run of the model.
#[derive(Default)]
struct Batch {
    counts: Vec<f32>,
    covariates: Vec<f32>,
    genes: usize,
    width: usize,
}

impl Batch {
    fn fill(&mut self, card: &ModelCard, counts: &CountMatrix, one_hot: &[Vec<u32>]) {
        (self.genes, self.width) = (counts.cols, card.encoder_covariate_width());
        self.counts.clear();
        self.counts.resize(counts.rows * counts.cols, 0.0);
        for (row, dense) in self.counts.chunks_mut(counts.cols.max(1)).enumerate() {
            let (genes, values) = counts.row(row);
            let scale = scale(card, values);
            for (&gene, &value) in genes.iter().zip(values) {
                dense[gene as usize] = if scale == 1.0 { value } else { (f64::from(value) * scale) as f32 };
            }
        }
        self.covariates.clear();
        self.covariates.resize(counts.rows * self.width, 0.0);
        for (row, active) in one_hot.iter().enumerate() {
            for &column in active {
                self.covariates[row * self.width + column as usize] = 1.0;
            }
        }
    }

    fn run(&self, session: &mut Session, rows: usize, latent: usize) -> anyhow::Result<Vec<f32>> {
        let (shape, covariate_shape) = ([rows, self.genes], [rows, self.width]);
        let mut inputs = vec![("counts", Input::F32(&shape, &self.counts))];
        if self.width > 0 {
            inputs.push(("covariates", Input::F32(&covariate_shape, &self.covariates)));
        }
        let (found, values) = session.run(&inputs, "embeddings")?;
        if found != [rows, latent] {
            bail!("the model gives {found:?}, its card promises [{rows}, {latent}]");
        }
        Ok(values)
    }
}

fn scale(card: &ModelCard, counts: &[f32]) -> f64 {
    match card.normalize {
        Normalize::None => 1.0,
        Normalize::Sum(target) => {
            let total: f64 = counts.iter().map(|&c| f64::from(c)).sum();
            if total > 0.0 { target / total } else { 1.0 }
        }
    }
}

/// Active one-hot columns of each cell; empty where the encoder reads no covariate.
///
/// # Errors
/// If a covariate's column is missing from the cells, or a cell has a category that the model does not know.
pub fn encoder_covariates(card: &ModelCard, cells: &H5ad) -> anyhow::Result<Vec<Vec<u32>>> {
    if card.encoder_covariate_width() == 0 {
        return Ok(Vec::new());
    }
    let mut one_hot = vec![Vec::new(); cells.len()];
    let mut start = 0u32;
    for covariate in card.covariates.iter().filter(|c| c.width() > 0) {
        let name = covariate.column.as_deref().unwrap_or("batch");
        let Some(column) = cells.columns().iter().find(|c| c.name == name) else {
            bail!(
                "the model reads the covariate {name:?}, which the cells do not have: add obs[{name:?}] with values of {:?}",
                covariate.categories
            );
        };
        let place: Vec<Option<usize>> =
            column.labels.iter().map(|label| covariate.categories.iter().position(|c| c == label)).collect();
        for (cell, active) in one_hot.iter_mut().enumerate() {
            let label = column.label(cell).unwrap_or("");
            let found = place.get(usize::from(column.codes[cell])).copied().flatten();
            let Some(found) = found else {
                bail!(
                    "cell {:?} has {name} {label:?}; the model knows {:?}",
                    cells.names()[cell],
                    covariate.categories
                );
            };
            active.push(start + found as u32);
        }
        start += covariate.width() as u32;
    }
    Ok(one_hot)
}
