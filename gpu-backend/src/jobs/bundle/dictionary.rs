//! Embeddings, and the sparse autoencoder trained on them.

use std::{fs, slice, time::Instant};

use anyhow::Context;
use cellprism_core::{
    bundle::{GeneAudit, Stage, StageName, Tensors, read_f32},
    sae::{
        SaeWeights,
        train::{Native, Plan, TrainOptions},
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
        sae::{WorkFolder, epochs},
    },
    models,
    work::{progress::Progress, shards::Shards},
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

/// The autoencoder and the time it took.
pub struct Dictionary {
    /// Weights.
    pub weights: SaeWeights,
    /// Time.
    pub stage: Stage,
}

/// Trains the sparse autoencoder.
///
/// # Errors
/// If options or embeddings make no sense, or training diverges.
pub fn train(
    inputs: &Inputs,
    work: &Work,
    embeddings: &Array2<f32>,
    progress: &dyn Progress,
) -> anyhow::Result<Dictionary> {
    let folder = work.folder("sae");
    if let Some(stage) = work.stage(TRAINED)
        && let Ok(weights) = sae::read(&folder)
    {
        return Ok(Dictionary { weights, stage });
    }
    let started = Instant::now();
    let p = &inputs.parameters.sae;
    let mut options = TrainOptions::new(p.concepts as usize, p.active as usize, p.epochs);
    options.learning_rate = p.learning_rate;
    options.batch = p.batch as usize;
    options.seed = p.seed;
    options.aux_k = Some(p.aux_k as usize);
    options.aux_coefficient = p.aux_coefficient;
    let plan = Plan::new(embeddings.view(), options)?;
    let engine = Box::new(Native::new(&plan));
    let training = WorkFolder::within(work.folder("training"), serde_json::to_value(plan.options())?);
    let (weights, _) =
        epochs(plan, engine, &training, None, progress).context("training the sparse autoencoder")?;
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
    work.keep(TRAINED, &stage)?;
    Ok(Dictionary { weights, stage })
}
