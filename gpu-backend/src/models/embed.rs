//! Cells embedded, some at a time, on one or several devices.

use anyhow::{Context, bail};
use cellprism_core::cells::CountMatrix;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{Embed, Prepared};
use crate::{
    files::h5ad::H5ad,
    runtime::Place,
    work::{
        progress::Steps,
        shards::{Rows, Shards},
        share::Share,
    },
};

/// What computed embeddings, and what was counted on the way.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// Cells.
    pub cells: usize,
    /// Size of an embedding.
    pub latent: usize,
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

/// What computed a share of the embeddings, which others put together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Engine {
    /// As in [`Embedded`].
    pub provider: String,
    /// As in [`Embedded`].
    pub runtime: Option<String>,
    /// Cells of a part.
    pub rows: usize,
}

/// Embeds all cells, shared among `places`, the same model on several devices; those that `shards` holds are not computed
/// again. `cells` are in the data's gene order; the embeddings go to `take` in the cells' order, some at a time.
///
/// # Errors
/// If there is no place, a device is not there or fails, a covariate is missing, the counts cannot be read, or `take` fails.
pub fn embed(
    model: &dyn Prepared,
    places: &[Place],
    (cells, names): (&mut dyn Rows, &[String]),
    shards: &Shards,
    steps: &dyn Steps,
    take: &mut dyn FnMut(&[f32]) -> anyhow::Result<()>,
) -> anyhow::Result<Embedded> {
    let mut embedders = open(model, places)?;
    let engine = engine(&embedders)?;
    collect(model, &engine, &mut embedders, (cells, Share::WHOLE, names), shards, steps, take)
}

/// Embeds a share of the cells into parts, which stay; says what computed them, and the seconds.
///
/// # Errors
/// As [`embed`].
pub fn embed_share(
    model: &dyn Prepared,
    place: &Place,
    (cells, share, names): (&mut dyn Rows, Share, &[String]),
    shards: &Shards,
    steps: &dyn Steps,
) -> anyhow::Result<(Engine, f64)> {
    let mut embedders = open(model, std::slice::from_ref(place))?;
    let engine = engine(&embedders)?;
    let cells = (cells, share, names);
    let found = collect(model, &engine, &mut embedders, cells, shards, steps, &mut |_| Ok(()))?;
    Ok((engine, found.seconds))
}

/// Puts together what shares have left in `shards`. No model runs, and no device is asked for.
///
/// # Errors
/// If a part is missing, an embedding is not finite, or `take` fails.
pub fn join(
    model: &dyn Prepared,
    engine: &Engine,
    (cells, names): (&mut dyn Rows, &[String]),
    shards: &Shards,
    steps: &dyn Steps,
    take: &mut dyn FnMut(&[f32]) -> anyhow::Result<()>,
) -> anyhow::Result<Embedded> {
    collect(model, engine, &mut [], (cells, Share::WHOLE, names), shards, steps, take)
}

fn open<'a>(model: &'a dyn Prepared, places: &[Place]) -> anyhow::Result<Vec<Box<dyn Embed + 'a>>> {
    places.iter().map(|place| model.embedder(place)).collect()
}

fn engine(embedders: &[Box<dyn Embed + '_>]) -> anyhow::Result<Engine> {
    let first = embedders.first().context("no device is given")?;
    Ok(Engine { provider: first.provider().to_owned(), runtime: first.runtime(), rows: first.rows() })
}

fn collect(
    model: &dyn Prepared,
    engine: &Engine,
    embedders: &mut [Box<dyn Embed + '_>],
    (cells, share, names): (&mut dyn Rows, Share, &[String]),
    shards: &Shards,
    steps: &dyn Steps,
    take: &mut dyn FnMut(&[f32]) -> anyhow::Result<()>,
) -> anyhow::Result<Embedded> {
    // Reading a large model is no part of a cell's time.
    let started = std::time::Instant::now();
    let mut workers: Vec<_> = embedders
        .iter_mut()
        .map(|embedder| {
            |counts: &CountMatrix, start: usize| embedder.embed(counts, start, &|n| steps.advance(n))
        })
        .collect();
    let latent = model.model().card.latent as usize;
    let count = cells.count();
    let parts = count.div_ceil(engine.rows.max(1));
    let mut seen = share.range(parts).start * engine.rows;
    let mut checked = |values: &[f32]| {
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            let cell = seen + at / latent.max(1);
            bail!(
                "the embedding of cell {:?} is not finite: does {} fit these counts?",
                names.get(cell).map_or("", String::as_str),
                model.model().folder.display()
            );
        }
        seen += values.len() / latent.max(1);
        take(values)
    };
    let all = shards.collect((cells, share), engine.rows, latent, steps, &mut workers, &mut checked)?;
    Ok(Embedded {
        cells: count,
        latent,
        provider: engine.provider.clone(),
        runtime: engine.runtime.clone(),
        counts: all.counts,
        shortened: all.shortened,
        kept: all.kept,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// Embeddings `[cells, latent]` of a whole file, in memory.
///
/// # Errors
/// As [`embed`].
pub fn embeddings(
    model: &dyn Prepared,
    place: &Place,
    cells: &mut H5ad,
    steps: &dyn Steps,
) -> anyhow::Result<Array2<f32>> {
    let (mut values, names) = (Vec::new(), cells.names().to_vec());
    let mut take = |some: &[f32]| {
        values.extend_from_slice(some);
        Ok(())
    };
    let place = std::slice::from_ref(place);
    let found = embed(model, place, (cells, &names), &Shards::none(), steps, &mut take)?;
    Ok(Array2::from_shape_vec((found.cells, found.latent), values)?)
}
