//! Embeddings, and the sparse autoencoder trained on them.

use std::{fs, path::Path, slice, time::Instant};

use anyhow::Context;
use cellprism_core::{
    bundle::{GeneAudit, Ladder, SaeParameters, Stage, StageName, Tensors, read_f32},
    sae::{
        SaeWeights,
        train::{Native, Plan},
    },
};
use ndarray::Array2;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use super::{Job, inputs::Inputs, work::Work};
use crate::{
    files::sae,
    jobs::{
        inputs::open_cells,
        ladder::{self, Wish},
        sae::{WorkFolder, epochs},
    },
    models,
    work::{digest, progress::Progress, shards::Shards},
};

/// Finished stages.
const EMBEDDINGS: &str = "embeddings.safetensors";
const NOTE: &str = "embeddings.json";
const TRAINED: &str = "sae.json";

/// Embeddings of all cells and how they came about.
pub struct Embedding {
    /// `[cells, latent]`.
    pub values: Array2<f32>,
    /// Provider, precision, time.
    pub stage: Stage,
    /// Version of ONNX Runtime.
    pub runtime: Option<String>,
    /// How the genes were matched, with the share of counts.
    pub audit: GeneAudit,
}

#[derive(Serialize, Deserialize)]
struct EmbeddingNote {
    stage: Stage,
    runtime: Option<String>,
    audit: GeneAudit,
}

/// Embeds the cells.
///
/// # Errors
/// If the device is not there or the model fails.
pub fn embed(job: &Job, inputs: &Inputs, work: &Work, progress: &dyn Progress) -> anyhow::Result<Embedding> {
    if let (Some(note), Some(bytes)) = (work.stage::<EmbeddingNote>(NOTE), work.stage_bytes(EMBEDDINGS)) {
        let (shape, values) = read_f32(&SafeTensors::deserialize(&bytes)?, "embeddings")?;
        let values = Array2::from_shape_vec((shape[0], shape[1]), values)?;
        return Ok(Embedding { values, stage: note.stage, runtime: note.runtime, audit: note.audit });
    }
    let started = Instant::now();
    let mut file = open_cells(&job.cells, job.allow_non_integer)?;
    let steps = progress.begin("embed", file.len() as u64, "cells");
    let shards = Shards::within(work.folder("parts"));
    let model = &*inputs.model;
    let found = models::embed(model, slice::from_ref(&job.place), &mut file, &shards, &*steps)?;
    steps.finish();
    let mut audit = model.audit().clone();
    audit.counts_share = found.counts_share();
    let note = EmbeddingNote {
        stage: Stage {
            name: StageName::Embed,
            seconds: started.elapsed().as_secs_f64(),
            provider: Some(found.provider),
            precision: Some(model.model().card.precision.clone()),
        },
        runtime: found.runtime,
        audit,
    };
    let mut tensors = Tensors::default();
    tensors.f32("embeddings", &[found.values.nrows(), found.values.ncols()], found.values.iter().copied());
    work.keep_bytes(EMBEDDINGS, &tensors.to_bytes()?)?;
    work.keep(NOTE, &note)?;
    Ok(Embedding { values: found.values, stage: note.stage, runtime: note.runtime, audit: note.audit })
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
    embeddings: &Array2<f32>,
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
    embeddings: &Array2<f32>,
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
    let ladder = ladder::choose(embeddings.view(), &wish, progress)?;
    let rung = ladder.chosen().with_context(|| format!("no size fits {} cells", embeddings.nrows()))?;
    parameters.concepts = rung.c;
    parameters.active = rung.k;
    parameters.aux_k = parameters.aux_k.min(rung.c / 2);
    Ok(ladder)
}

fn new_dictionary(
    inputs: &Inputs,
    work: &Work,
    embeddings: &Array2<f32>,
    parameters: &SaeParameters,
    progress: &dyn Progress,
) -> anyhow::Result<SaeWeights> {
    let plan = Plan::new(embeddings.view(), parameters.options())?;
    let engine = Box::new(Native::new(&plan));
    let training = WorkFolder::within(work.folder("training"), serde_json::to_value(plan.options())?);
    let (mut weights, _) =
        epochs(plan, engine, &training, None, progress).context("training the sparse autoencoder")?;
    weights.note_origin(embeddings.view(), Some((&inputs.model.model().card).into()))?;
    Ok(weights)
}
