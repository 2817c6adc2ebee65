//! A whole file embedded, some cells at a time, on one or several devices.

use anyhow::{Context, bail};
use cellprism_core::cells::CountMatrix;
use ndarray::Array2;

use super::{Embed, Prepared};
use crate::{
    files::h5ad::H5ad,
    runtime::Place,
    work::{progress::Steps, shards::Shards},
};

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
    /// Time, without that of opening the model.
    pub seconds: f64,
}

impl Embedded {
    /// Share of the counts that fall on genes of the model.
    pub fn counts_share(&self) -> f64 {
        let (matched, all) = self.counts;
        if all > 0.0 { matched / all } else { 0.0 }
    }
}

/// Embeds all cells of a file, shared among `places`, the same model on several devices; those that `shards` holds are not
/// computed again.
///
/// # Errors
/// If there is no place, a device is not there or fails, a covariate is missing, or the file is damaged.
pub fn embed(
    model: &dyn Prepared,
    places: &[Place],
    cells: &mut H5ad,
    shards: &Shards,
    steps: &dyn Steps,
) -> anyhow::Result<Embedded> {
    let mut embedders =
        places.iter().map(|place| model.embedder(place)).collect::<anyhow::Result<Vec<_>>>()?;
    let first = embedders.first().context("no device is given")?;
    let (provider, runtime, rows) = (first.provider().to_owned(), first.runtime(), first.rows());
    // Reading a large model is no part of a cell's time.
    let started = std::time::Instant::now();
    let mut workers: Vec<_> = embedders
        .iter_mut()
        .map(|embedder: &mut Box<dyn Embed + '_>| {
            |counts: &CountMatrix, start: usize| embedder.embed(counts, start, &|n| steps.advance(n))
        })
        .collect();
    let (card, names) = (&model.model().card, cells.names().to_vec());
    let latent = card.latent as usize;
    let all = shards.collect(cells, rows, latent, steps, &mut workers)?;
    let values = Array2::from_shape_vec((names.len(), latent), all.values)?;
    if let Some((at, _)) = values.indexed_iter().find(|(_, v)| !v.is_finite()) {
        bail!(
            "the embedding of cell {:?} is not finite: does {} fit these counts?",
            names[at.0],
            model.model().folder.display()
        );
    }
    Ok(Embedded {
        values,
        provider,
        runtime,
        counts: all.counts,
        shortened: all.shortened,
        kept: all.kept,
        seconds: started.elapsed().as_secs_f64(),
    })
}
