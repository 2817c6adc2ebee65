//! A whole file through the model, some cells at a time.

use anyhow::bail;
use cellprism_core::{cells::CountMatrix, embedding::scgpt::BinnedCell};
use ndarray::Array2;

use super::{SequenceModel, Sequences};
use crate::{cli::Progress, engine::counts::Embedded, io::h5ad::H5ad};

/// Cells read and sorted by length together.
const CHUNK: usize = 512;

/// Embeds all cells of a file.
///
/// # Errors
/// If the file is damaged or the device fails.
pub fn embed(
    model: &mut SequenceModel,
    sequences: &Sequences,
    cells: &mut H5ad,
    progress: &Progress,
) -> anyhow::Result<Embedded> {
    let latent = model.latent();
    let mut values = Vec::with_capacity(cells.len() * latent);
    let (mut counted, mut shortened) = ((0.0, 0.0), 0);
    for chunk in cells.chunks(CHUNK) {
        let (_, counts) = chunk?;
        let (matched, all) = sequences.genes.map.matched_counts(&counts);
        counted = (counted.0 + matched, counted.1 + all);
        let (binned, cut) = bin(sequences, &counts);
        shortened += cut;
        values.extend(model.embed(&binned, &|n| progress.advance(n))?);
    }
    if values.len() != cells.len() * latent {
        bail!("{} values for {} cells", values.len(), cells.len());
    }
    Ok(Embedded {
        values: Array2::from_shape_vec((cells.len(), latent), values)?,
        provider: model.provider().into(),
        runtime: model.runtime().into(),
        counts: counted,
        shortened,
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
