//! Counts brought where any cells can be fetched, and the cells embedded: all of them, or a share whose parts others put
//! together.

use std::{slice, time::Instant};

use anyhow::{Context, bail};
use cellprism_core::{
    bundle::{GeneAudit, Stage, StageName},
    cells::CountMatrix,
};
use serde::{Deserialize, Serialize};

use super::{Job, inputs::Inputs, work::Work};
use crate::{
    files::embeddings::{self, Values, Writer},
    jobs::inputs::open_cells,
    models::{self, Embedded, Engine},
    work::{
        counts::CountStore,
        progress::Progress,
        shards::{Rows, Shards},
        share::Share,
    },
};

/// The finished stage.
pub const EMBEDDINGS: &str = "embeddings.safetensors";
/// How they came about.
pub const NOTE: &str = "embeddings.json";
/// Parts of it, and what computed the parts of each share.
pub const PARTS: &str = "parts";
/// A folder with a note for each share.
pub const BY: &str = "embedded";
/// Counts of all cells.
pub const COUNTS: &str = "counts";

/// Embeddings of all cells and how they came about.
pub struct Embedding {
    /// `[cells, latent]`.
    pub values: Values,
    /// Provider, precision, time.
    pub stage: Stage,
    /// Version of ONNX Runtime.
    pub runtime: Option<String>,
    /// How the genes were matched, with the share of counts.
    pub audit: GeneAudit,
}

#[derive(Serialize, Deserialize)]
struct EmbeddingNote {
    /// Of the file.
    sha256: String,
    stage: Stage,
    runtime: Option<String>,
    audit: GeneAudit,
}

/// What computed a share.
#[derive(Serialize, Deserialize)]
struct ShareNote {
    engine: Engine,
    seconds: f64,
}

/// Brings the counts where any cells can be fetched; from here on nobody reads the cells' own file.
///
/// # Errors
/// If the file is damaged, or there is no room for them.
pub fn counts(
    job: &Job,
    inputs: &Inputs,
    work: &Work,
    progress: &dyn Progress,
) -> anyhow::Result<CountStore> {
    let mut file = open_cells(&job.cells, job.allow_non_integer)?;
    let steps = progress.begin("read", file.len() as u64, "cells");
    let found = CountStore::fill(&work.folder(COUNTS), &mut file, inputs.cells.genes.len(), &*steps)?;
    steps.finish();
    Ok(found)
}

/// The same for a share of the cells only.
///
/// # Errors
/// As [`counts`].
pub fn counts_share(
    job: &Job,
    inputs: &Inputs,
    work: &Work,
    share: Share,
    progress: &dyn Progress,
) -> anyhow::Result<()> {
    let mut file = open_cells(&job.cells, job.allow_non_integer)?;
    let steps = progress.begin("read", (file.len() / share.of.max(1) as usize) as u64, "cells");
    let genes = inputs.cells.genes.len();
    CountStore::fill_share(&work.folder(COUNTS), &mut file, genes, share, &*steps)?;
    steps.finish();
    Ok(())
}

/// Embeds the cells, into a file that is mapped.
///
/// # Errors
/// If the device is not there or the model fails.
pub fn embed(
    job: &Job,
    inputs: &Inputs,
    counts: &CountStore,
    work: &Work,
    progress: &dyn Progress,
) -> anyhow::Result<Embedding> {
    if let Some(found) = kept(work) {
        return Ok(found);
    }
    let started = Instant::now();
    let steps = progress.begin("embed", counts.cells() as u64, "cells");
    let shards = Shards::within(work.folder(PARTS));
    let places = slice::from_ref(&job.place);
    let mut cells = counts;
    let found = written(inputs, counts.cells(), work, |take| {
        let cells = (&mut cells as &mut dyn Rows, &inputs.cells.names[..]);
        let found = models::embed(&*inputs.model, places, cells, &shards, &*steps, take)?;
        Ok((found, started.elapsed().as_secs_f64()))
    });
    steps.finish();
    found
}

/// Embeds a share of the cells into parts, which stay.
///
/// # Errors
/// As [`embed`].
pub fn embed_share(
    job: &Job,
    inputs: &Inputs,
    counts: &CountStore,
    work: &Work,
    share: Share,
    progress: &dyn Progress,
) -> anyhow::Result<()> {
    let steps = progress.begin("embed", (counts.cells() / share.of.max(1) as usize) as u64, "cells");
    let shards = Shards::wanted_within(work.folder(PARTS));
    let mut cells = counts;
    let cells = (&mut cells as &mut dyn Rows, share, &inputs.cells.names[..]);
    let (engine, seconds) = models::embed_share(&*inputs.model, &job.place, cells, &shards, &*steps)?;
    steps.finish();
    work.keep(&format!("{BY}/{share}.json"), &ShareNote { engine, seconds })
}

/// Puts the parts of all shares together, in the cells' order: the bits of [`embed`].
///
/// # Errors
/// If the note or a part of a share is missing, or shares were computed by different engines.
pub fn join(inputs: &Inputs, of: u32, work: &Work, progress: &dyn Progress) -> anyhow::Result<Embedding> {
    if let Some(found) = kept(work) {
        return Ok(found);
    }
    let notes = (1..=of)
        .map(|part| {
            let share = Share { part, of };
            let note: Option<ShareNote> = work.stage(&format!("{BY}/{share}.json"));
            note.with_context(|| format!("share {share} of the embeddings says nothing of itself"))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let engine = &notes.first().context("no share of the embeddings")?.engine;
    if let Some(other) = notes.iter().find(|note| note.engine != *engine) {
        bail!(
            "shares of the embeddings were computed by different engines ({:?} and {:?}), whose bits differ: run those of one \
             again where the other is",
            engine,
            other.engine
        );
    }
    let seconds = notes.iter().map(|note| note.seconds).sum();
    let mut cells = Named(inputs.cells.len());
    let steps = progress.begin("join", cells.0 as u64, "cells");
    let shards = Shards::within(work.folder(PARTS));
    let found = written(inputs, cells.0, work, |take| {
        let cells = (&mut cells as &mut dyn Rows, &inputs.cells.names[..]);
        Ok((models::join(&*inputs.model, engine, cells, &shards, &*steps, take)?, seconds))
    });
    steps.finish();
    found
}

/// The embeddings that a finished stage has kept, where they are whole.
pub fn kept(work: &Work) -> Option<Embedding> {
    let EmbeddingNote { sha256, stage, runtime, audit } = work.stage(NOTE)?;
    let found = embeddings::read(&work.folder(EMBEDDINGS)).ok()?;
    (found.sha256 == sha256).then_some(Embedding { values: found.values, stage, runtime, audit })
}

/// Where embeddings go, some cells at a time.
type Take<'t> = &'t mut dyn FnMut(&[f32]) -> anyhow::Result<()>;

/// Writes embeddings as they come, and keeps how they came about.
fn written(
    inputs: &Inputs,
    cells: usize,
    work: &Work,
    from: impl FnOnce(Take<'_>) -> anyhow::Result<(Embedded, f64)>,
) -> anyhow::Result<Embedding> {
    let (path, model) = (work.folder(EMBEDDINGS), &*inputs.model);
    let card = &model.model().card;
    let failed = || format!("cannot write {}", path.display());
    let mut file = Writer::create(&path, cells, card.latent as usize).with_context(failed)?;
    let (found, seconds) = from(&mut |values: &[f32]| file.write(values).with_context(failed))?;
    let mut audit = model.audit().clone();
    audit.counts_share = found.counts_share();
    let stage = Stage {
        name: StageName::Embed,
        seconds,
        provider: Some(found.provider),
        precision: Some(card.precision.clone()),
    };
    let sha256 = file.finish().with_context(failed)?;
    work.keep(NOTE, &EmbeddingNote { sha256, stage, runtime: found.runtime, audit })?;
    kept(work).with_context(|| format!("{} is not what was written there", path.display()))
}

/// Cells of which only the number is known: nobody reads them any more.
struct Named(usize);

impl Rows for Named {
    fn count(&self) -> usize {
        self.0
    }

    fn read(&mut self, start: usize, _: usize) -> anyhow::Result<CountMatrix> {
        bail!("the embeddings from cell {start} on are missing")
    }
}
