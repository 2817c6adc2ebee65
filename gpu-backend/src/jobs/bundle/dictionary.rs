//! Embeddings, and the sparse autoencoder trained on them.

use std::{fs, path::Path, slice, time::Instant};

use anyhow::Context;
use cellprism_core::{
    bundle::{GeneAudit, Ladder, SaeParameters, Stage, StageName},
    sae::{
        SaeWeights,
        train::{Native, Plan},
    },
};
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::{Job, inputs::Inputs, work::Work};
use crate::{
    files::{
        embeddings::{self, Values, Writer},
        sae,
    },
    jobs::{
        inputs::open_cells,
        ladder::{self, Wish},
        sae::{WorkFolder, epochs},
    },
    models,
    work::{counts::CountStore, digest, progress::Progress, shards::Shards},
};

/// Finished stages.
const EMBEDDINGS: &str = "embeddings.safetensors";
const NOTE: &str = "embeddings.json";
const TRAINED: &str = "sae.json";

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
    let found = CountStore::fill(&work.folder("counts"), &mut file, inputs.cells.genes.len(), &*steps)?;
    steps.finish();
    Ok(found)
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
    let path = work.folder(EMBEDDINGS);
    if let Some(note) = work.stage::<EmbeddingNote>(NOTE)
        && let Ok(found) = embeddings::read(&path)
        && found.sha256 == note.sha256
    {
        let EmbeddingNote { stage, runtime, audit, .. } = note;
        return Ok(Embedding { values: found.values, stage, runtime, audit });
    }
    let started = Instant::now();
    let steps = progress.begin("embed", counts.cells() as u64, "cells");
    let shards = Shards::within(work.folder("parts"));
    let (model, places) = (&*inputs.model, slice::from_ref(&job.place));
    let failed = || format!("cannot write {}", path.display());
    let latent = model.model().card.latent as usize;
    let mut file = Writer::create(&path, counts.cells(), latent).with_context(failed)?;
    let mut take = |values: &[f32]| file.write(values).with_context(failed);
    let mut cells = counts;
    let found = models::embed(model, places, (&mut cells, &inputs.cells.names), &shards, &*steps, &mut take)?;
    steps.finish();
    let mut audit = model.audit().clone();
    audit.counts_share = found.counts_share();
    let note = EmbeddingNote {
        sha256: file.finish().with_context(failed)?,
        stage: Stage {
            name: StageName::Embed,
            seconds: started.elapsed().as_secs_f64(),
            provider: Some(found.provider),
            precision: Some(model.model().card.precision.clone()),
        },
        runtime: found.runtime,
        audit,
    };
    work.keep(NOTE, &note)?;
    let EmbeddingNote { stage, runtime, audit, .. } = note;
    Ok(Embedding { values: embeddings::read(&path)?.values, stage, runtime, audit })
}

/// The autoencoder and how it came about.
pub struct Dictionary {
    /// Weights.
    pub weights: SaeWeights,
    /// Time.
    pub stage: Stage,
    /// Its training with nothing left open.
    pub parameters: SaeParameters,
    /// Sizes that were tried, where none was asked for.
    pub ladder: Option<Ladder>,
}

/// What survives a kill beside the weights.
#[derive(Serialize, Deserialize)]
struct DictionaryNote {
    stage: Stage,
    parameters: SaeParameters,
    ladder: Option<Ladder>,
    /// Their checksums.
    files: [String; 2],
}

/// Checksums of a dictionary's files.
fn sums(folder: &Path) -> anyhow::Result<[String; 2]> {
    Ok([digest::of_file(&folder.join(sae::CONFIG))?, digest::of_file(&folder.join(sae::WEIGHTS))?])
}

/// Trains the sparse autoencoder, after its size was chosen where none was asked for; a given one is taken as it is.
///
/// # Errors
/// If options or embeddings make no sense, or training diverges.
pub fn train(
    job: &Job,
    inputs: &Inputs,
    work: &Work,
    embeddings: ArrayView2<'_, f32>,
    progress: &dyn Progress,
) -> anyhow::Result<Dictionary> {
    let folder = work.folder("sae");
    if let Some(DictionaryNote { stage, parameters, ladder, files }) = work.stage(TRAINED)
        && sums(&folder).is_ok_and(|found| found == files)
        && let Ok(weights) = sae::read(&folder)
    {
        return Ok(Dictionary { weights, stage, parameters, ladder });
    }
    let started = Instant::now();
    let mut parameters = inputs.parameters.sae.clone();
    let (weights, ladder) = match &inputs.given {
        Some(given) => (given.clone(), None),
        None => {
            let ladder = match parameters.concepts {
                0 => Some(choose_size(job, work, embeddings, &mut parameters, progress)?),
                _ => None,
            };
            (new_dictionary(inputs, work, embeddings, &parameters, progress)?, ladder)
        }
    };
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    sae::write(&folder, &weights)?;
    let stage = Stage {
        name: StageName::Train,
        seconds: started.elapsed().as_secs_f64(),
        provider: None,
        precision: Some("float32".into()),
    };
    let told = DictionaryNote { stage, parameters, ladder, files: sums(&folder)? };
    work.keep(TRAINED, &told)?;
    let DictionaryNote { stage, parameters, ladder, .. } = told;
    Ok(Dictionary { weights, stage, parameters, ladder })
}

/// Tries sizes and fills in the one chosen.
fn choose_size(
    job: &Job,
    work: &Work,
    embeddings: ArrayView2<'_, f32>,
    parameters: &mut SaeParameters,
    progress: &dyn Progress,
) -> anyhow::Result<Ladder> {
    let asked = &job.parameters.sae;
    let kept = work.folder("ladder.json");
    let wish = Wish {
        options: &parameters.options(),
        active: Some(asked.active as usize).filter(|&active| active > 0),
        epochs: Some(asked.epochs).filter(|&epochs| epochs > 0),
        kept: Some(&kept),
    };
    let ladder = ladder::choose(embeddings, &wish, progress)?;
    let rung = ladder.chosen().with_context(|| format!("no size fits {} cells", embeddings.nrows()))?;
    parameters.concepts = rung.c;
    parameters.active = rung.k;
    parameters.aux_k = parameters.aux_k.min(rung.c / 2);
    Ok(ladder)
}

fn new_dictionary(
    inputs: &Inputs,
    work: &Work,
    embeddings: ArrayView2<'_, f32>,
    parameters: &SaeParameters,
    progress: &dyn Progress,
) -> anyhow::Result<SaeWeights> {
    let plan = Plan::new(embeddings, parameters.options())?;
    let engine = Box::new(Native::new(&plan));
    let training = WorkFolder::within(work.folder("training"), serde_json::to_value(plan.options())?);
    let (mut weights, _) =
        epochs(plan, engine, &training, None, progress).context("training the sparse autoencoder")?;
    weights.note_origin(embeddings, Some((&inputs.model.model().card).into()))?;
    Ok(weights)
}
