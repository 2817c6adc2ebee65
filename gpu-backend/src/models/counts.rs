//! Embedding of count matrices: scVI, and any other encoder that reads the counts of a fixed gene list.
//!
//! On the processor scVI runs without ONNX Runtime: its first layer reads the few genes that a cell has counts of, which
//! a graph of dense operators cannot, and the numbers are those of the page, bit for bit. Where a library is named, or on
//! another device, ONNX Runtime runs the graph; both are within 1e-5 of scvi-tools.

use anyhow::{Context, anyhow, bail};
use cellprism_core::{
    cells::{CountMatrix, GeneMap},
    embedding::{
        card::{CovariateError, ModelCard},
        scvi::ScviEncoder,
    },
};
use ndarray::Array2;

use crate::{
    cli::Progress,
    files::h5ad::H5ad,
    models::folder::Model,
    runtime::{
        Device,
        session::{Input, Runtime, Session},
    },
    work::shards::{Shard, Shards},
};

/// Values that one batch may hold, so that memory stays bounded for any number of genes.
pub(super) const BATCH_VALUES: usize = 2 << 20;

/// Embeddings with what computed them.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// `[cells, latent]`.
    pub values: Array2<f32>,
    /// ONNX Runtime's name of the execution provider, or "native".
    pub provider: String,
    /// Version of ONNX Runtime, where it was what computed.
    pub runtime: Option<String>,
    /// Sum of counts on matched genes, and of all counts.
    pub counts: (f64, f64),
    /// Cells of which a sequence model could not read all genes.
    pub shortened: u64,
    /// Cells that an interrupted run had embedded before.
    pub kept: usize,
}

/// Embeds all cells of a file, some rows at a time, shared among `devices`; those that `shards` holds are not computed
/// again.
///
/// # Errors
/// If a device is not there, a covariate is missing, or the file is damaged.
///
/// # Panics
/// Without a device.
pub fn embed(
    model: &Model,
    devices: &[Device],
    onnxruntime: Option<&std::path::Path>,
    cells: &mut H5ad,
    map: &GeneMap,
    shards: &Shards,
    progress: &Progress,
) -> anyhow::Result<Embedded> {
    let one_hot = encoder_covariates(&model.card, cells)?;
    let mut encoders = Vec::with_capacity(devices.len());
    for &device in devices {
        encoders.push(Encoder::open(model, device, onnxruntime)?);
    }
    let (provider, runtime) = (encoders[0].provider().into(), encoders[0].runtime());
    let rows = (BATCH_VALUES / model.card.genes.len().max(1)).clamp(1, 4096);
    let latent = model.card.latent as usize;
    let worker = |encoder: &mut Encoder, counts: &CountMatrix, start: usize| {
        let matched = map.matched_counts(counts);
        let counts = map.apply(counts);
        let one_hot = one_hot.get(start..start + counts.rows).unwrap_or(&[]);
        let values = encoder.run(model, &counts, one_hot)?;
        progress.advance(counts.rows as u64);
        Ok(Shard { values, counts: matched, ..Shard::default() })
    };
    let mut workers: Vec<_> = encoders
        .iter_mut()
        .map(|encoder| |counts: &CountMatrix, start| worker(encoder, counts, start))
        .collect();
    let all = shards.collect(cells, rows, latent, progress, &mut workers)?;
    let values = Array2::from_shape_vec((cells.len(), latent), all.values)?;
    if let Some((cell, _)) = values.indexed_iter().find(|(_, v)| !v.is_finite()).map(|(at, v)| (at.0, v)) {
        bail!(
            "the embedding of cell {:?} is not finite: does {} fit these counts?",
            cells.names()[cell],
            model.folder.display()
        );
    }
    Ok(Embedded { values, provider, runtime, counts: all.counts, shortened: 0, kept: all.kept })
}

/// Whether the page's code embeds, rather than ONNX Runtime.
#[must_use]
pub fn is_native(model: &Model, device: Device, onnxruntime: Option<&std::path::Path>) -> bool {
    device == Device::Cpu && onnxruntime.is_none() && model.encoder().exists()
}

/// What computes the embeddings.
enum Encoder {
    /// The page's code.
    Native(Box<ScviEncoder>),
    /// ONNX Runtime, of some version.
    Onnx { session: Session, version: String, batch: Batch },
}

impl Encoder {
    fn open(model: &Model, device: Device, onnxruntime: Option<&std::path::Path>) -> anyhow::Result<Self> {
        if is_native(model, device, onnxruntime) {
            return Ok(Self::Native(Box::new(model.read_encoder()?)));
        }
        let runtime = Runtime::start(onnxruntime)?;
        let session = runtime.open(&model.onnx(), device, 0)?;
        Ok(Self::Onnx { session, version: runtime.version().into(), batch: Batch::default() })
    }

    /// Embeddings, row-major, of counts in the model's gene order.
    fn run(&mut self, model: &Model, counts: &CountMatrix, one_hot: &[Vec<u32>]) -> anyhow::Result<Vec<f32>> {
        match self {
            Self::Native(encoder) => Ok(encoder.encode(counts, one_hot)?.into_raw_vec_and_offset().0),
            Self::Onnx { session, batch, .. } => {
                batch.fill(&model.card, counts, one_hot);
                batch
                    .run(&model.card, session, counts.rows)
                    .with_context(|| model.onnx().display().to_string())
            }
        }
    }

    fn provider(&self) -> &'static str {
        match self {
            Self::Native(_) => "native",
            Self::Onnx { session, .. } => session.provider(),
        }
    }

    fn runtime(&self) -> Option<String> {
        match self {
            Self::Native(_) => None,
            Self::Onnx { version, .. } => Some(version.clone()),
        }
    }
}

/// Inputs of one run of the graph.
#[derive(Default)]
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

    fn run(&self, card: &ModelCard, session: &mut Session, rows: usize) -> anyhow::Result<Vec<f32>> {
        run_dense(card, session, rows, &self.counts, &self.covariates)
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

/// Active one-hot columns of each cell; empty where the encoder reads no covariate.
///
/// # Errors
/// As [`covariates`].
pub fn encoder_covariates(card: &ModelCard, cells: &H5ad) -> anyhow::Result<Vec<Vec<u32>>> {
    if card.encode_covariates { covariates(card, cells) } else { Ok(Vec::new()) }
}

/// Active one-hot columns of each cell, as a decoder reads them; empty where the model knows no covariate.
///
/// # Errors
/// If a covariate's column is missing from the cells, or a cell has a category that the model does not know.
pub fn covariates(card: &ModelCard, cells: &H5ad) -> anyhow::Result<Vec<Vec<u32>>> {
    card.one_hot(cells.len(), cells.columns()).map_err(|error| match error {
        CovariateError::Column { name, categories } => anyhow!(
            "the model reads the covariate {name:?}, which the cells do not have: add obs[{name:?}] with values of {categories:?}"
        ),
        CovariateError::Label { cell, name, label, categories } => {
            anyhow!("cell {:?} has {name} {label:?}; the model knows {categories:?}", cells.names()[cell])
        }
    })
}
