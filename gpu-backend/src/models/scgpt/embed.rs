//! A whole file through the model, some cells at a time.

use cellprism_core::{cells::CountMatrix, embedding::scgpt::BinnedCell};
use ndarray::Array2;

use super::{SequenceModel, Sequences};
use crate::{
    cli::Progress,
    files::h5ad::H5ad,
    models::counts::Embedded,
    work::shards::{Shard, Shards},
};

/// Cells read, sorted by length and kept together.
const CHUNK: usize = 128;

/// Embeds all cells of a file, shared among `models`, the same one on several devices; those that `shards` holds are not
/// computed again.
///
/// # Errors
/// If the file is damaged or a device fails.
///
/// # Panics
/// Without a model.
pub fn embed(
    models: &mut [SequenceModel],
    sequences: &Sequences,
    cells: &mut H5ad,
    shards: &Shards,
    progress: &Progress,
) -> anyhow::Result<Embedded> {
    let (latent, provider, runtime) = (models[0].latent(), models[0].provider(), models[0].runtime().into());
    let worker = |model: &mut SequenceModel, counts: &CountMatrix| {
        let matched = sequences.genes.map.matched_counts(counts);
        let (binned, shortened) = bin(sequences, counts);
        let values = model.embed(&binned, &|n| progress.advance(n))?;
        Ok(Shard { values, counts: matched, shortened, kept: 0 })
    };
    let mut workers: Vec<_> =
        models.iter_mut().map(|model| |counts: &CountMatrix, _| worker(model, counts)).collect();
    let all = shards.collect(cells, CHUNK, latent, progress, &mut workers)?;
    Ok(Embedded {
        values: Array2::from_shape_vec((cells.len(), latent), all.values)?,
        provider: provider.into(),
        runtime: Some(runtime),
        counts: all.counts,
        shortened: all.shortened,
        kept: all.kept,
    })
}

/// Cells in bins, and how many of them were too long.
pub fn bin(sequences: &Sequences, counts: &CountMatrix) -> (Vec<BinnedCell>, u64) {
    let counts = sequences.genes.map.apply(counts);
    let mut shortened = 0;
    let binned = (0..counts.rows)
        .map(|row| {
            let (cell, cut) = sequences.tokenizer.bin(counts.row(row));
            shortened += u64::from(cut);
            cell
        })
        .collect();
    (binned, shortened)
}
