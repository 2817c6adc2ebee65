//! The embeddings of a bundle's cells: those that it holds; where they were too large to publish, the cells embedded again.

use std::slice;

use anyhow::{Context as _, ensure};
use cellprism_core::{
    bundle::{ConceptIndex, Embeddings, GeneIndex, path},
    concepts::Activations,
    sae::SaeWeights,
};
use ndarray::Array2;

use super::{Options, given::Given, model::GivenModel};
use crate::{
    jobs::activations,
    models,
    work::{
        memory,
        partial::Partial,
        progress::Progress,
        shards::{Rows, Shards},
    },
};

/// Share of the activations by which a dictionary may differ on embeddings that were made again: another device rounds otherwise.
const OTHER: f64 = 0.01;

/// Embeddings `[cells, d]`, or why there are none.
///
/// # Errors
/// If a file is damaged, or the device fails.
pub fn of(
    given: &Given,
    (sae, concepts, genes, names): (&SaeWeights, &ConceptIndex, &GeneIndex, &[String]),
    options: &Options,
    work: &Partial,
    progress: &dyn Progress,
) -> anyhow::Result<Result<Array2<f32>, String>> {
    let root = given.folder.root().display();
    let (n, d) = (names.len(), sae.config.d_in);
    if given.manifest.files.contains_key(path::EMBEDDINGS) {
        let Embeddings(held) = given.folder.file(path::EMBEDDINGS)?;
        ensure!(
            held.dim() == (n, d) && n == given.manifest.counts.cells as usize,
            "{root}: {} embeddings of size {}, {n} names of cells, and a dictionary of size {d}: `cellprism verify` says what is damaged",
            held.nrows(),
            held.ncols()
        );
        return Ok(Ok(held));
    }
    let missing = |why: String| {
        Ok(Err(format!("the bundle holds no embeddings (they were too large to publish), and {why}")))
    };
    // Beside themselves, neurons and components have a number and a cell for half of their sides each, for every cell.
    if let Err(error) = memory::check(28 * (n as u64) * (d as u64)) {
        return missing(error.to_string());
    }
    let model = match GivenModel::open(given, genes, options, work, progress)? {
        Ok(model) => model,
        Err(reason) => return missing(reason),
    };
    if model.counts.cells() != n {
        return missing(format!("the file has {} cells, the bundle {n}", model.counts.cells()));
    }
    progress.say(&format!("{root} holds no embeddings: its {n} cells are embedded again"));
    let steps = progress.begin("embed", n as u64, "cells");
    let shards = Shards::within(work.path(&format!("embedded/{}", given.manifest.tag)));
    let (mut values, mut counts) = (Vec::with_capacity(n * d), &model.counts);
    let mut take = |some: &[f32]| {
        values.extend_from_slice(some);
        Ok(())
    };
    let cells = (&mut counts as &mut dyn Rows, names);
    let places = slice::from_ref(&options.place);
    models::embed(&*model.prepared, places, cells, &shards, &*steps, &mut take)
        .context("embedding the cells again")?;
    steps.finish();
    let found =
        Array2::from_shape_vec((n, d), values).context("embeddings of another size than the dictionary's")?;
    match differ(&activations(sae, found.view()), concepts) {
        share if share > OTHER => missing(format!(
            "embedded here its cells activate other concepts ({:.0} % of all activations): was the model another, or its device?",
            100.0 * share
        )),
        _ => Ok(Ok(found)),
    }
}

/// By how many cells concepts are activated more, or less, than the bundle says, as a share of all.
fn differ(found: &Activations, concepts: &ConceptIndex) -> f64 {
    let rows = concepts.rows.iter().filter(|row| row.id.index() < found.len());
    let other: usize = rows.map(|row| found.of(row.id).len().abs_diff(row.cells as usize)).sum();
    let all: usize = concepts.rows.iter().map(|row| row.cells as usize).sum();
    other as f64 / all.max(1) as f64
}
