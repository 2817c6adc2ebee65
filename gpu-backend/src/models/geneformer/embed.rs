//! A whole file through the model, some cells at a time.

use std::sync::Arc;

use cellprism_core::cells::CountMatrix;
use ndarray::Array2;

use super::{RankModel, Ranks};
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
/// If the file is damaged, a cell has no mean, or a device fails.
///
/// # Panics
/// Without a model.
pub fn embed(
    models: &mut [RankModel],
    ranks: &Ranks,
    cells: &mut H5ad,
    shards: &Shards,
    progress: &Progress,
) -> anyhow::Result<Embedded> {
    let (latent, provider, runtime) = (models[0].latent(), models[0].provider(), models[0].runtime().into());
    let worker = |model: &mut RankModel, counts: &CountMatrix| {
        let matched = ranks.genes.map.matched_counts(counts);
        let (sequences, shortened) = sequences(ranks, counts);
        let values = model.embed(&sequences, &|n| progress.advance(n))?;
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

/// Cells as sequences, and how many of them were too long.
fn sequences(ranks: &Ranks, counts: &CountMatrix) -> (Vec<Arc<[u32]>>, u64) {
    let cells = ranks.genes.cells(counts);
    let mut shortened = 0;
    let sequence = |cell: usize| {
        let (tokens, cut) = ranks.tokenizer.sequence(cells.counts.row(cell), cells.outside[cell]);
        shortened += u64::from(cut);
        tokens.into()
    };
    let sequences = (0..cells.counts.rows).map(sequence).collect();
    (sequences, shortened)
}
