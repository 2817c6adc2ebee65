//! Embeddings, and the sparse autoencoder trained on them.

use std::{fs, ops::ControlFlow, slice, time::Instant};

use anyhow::Context;
use cellprism_core::{
    bundle::{GeneAudit, Stage, Tensors, read_f32},
    sae::{
        SaeWeights,
        train::{TrainOptions, train as train_sae},
    },
};
use ndarray::Array2;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use super::{Job, inputs::Inputs, work::Work};
use crate::{
    cli::Progress,
    files::{
        h5ad::{self, Options},
        sae,
    },
    models::{
        counts,
        scgpt::{self, SequenceModel},
    },
    work::{atomic, shards::Shards},
};

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
pub fn embed(job: &Job, inputs: &Inputs, work: &Work) -> anyhow::Result<Embedding> {
    let (path, note_path) = (work.stage("embeddings.safetensors"), work.stage("embeddings.json"));
    if note_path.exists() {
        let bytes = fs::read(&path)?;
        let (shape, values) = read_f32(&SafeTensors::deserialize(&bytes)?, "embeddings")?;
        let note: EmbeddingNote = serde_json::from_slice(&fs::read(&note_path)?)?;
        let values = Array2::from_shape_vec((shape[0], shape[1]), values)?;
        return Ok(Embedding { values, stage: note.stage, runtime: note.runtime, audit: note.audit });
    }
    let started = Instant::now();
    let mut file = h5ad::open(&job.cells, &Options { allow_non_integer: job.allow_non_integer })?;
    let progress = Progress::new("embed", file.len() as u64, "cells", job.quiet);
    let library = job.onnxruntime.as_deref();
    let native = counts::is_native(&inputs.model, job.device, library);
    let shards = Shards::open(&path, &format!("{} {native}", inputs.digest()))?;
    let found = match &inputs.sequences {
        Some(sequences) => {
            let tokenizer = sequences.tokenizer.clone();
            let mut model = SequenceModel::open(&inputs.model, tokenizer, job.device, library)?;
            scgpt::embed(slice::from_mut(&mut model), sequences, &mut file, &shards, &progress)?
        }
        None => {
            counts::embed(&inputs.model, &[job.device], library, &mut file, &inputs.map, &shards, &progress)?
        }
    };
    progress.finish();
    let mut audit = inputs.map.audit.clone();
    audit.counts_share = if found.counts.1 > 0.0 { found.counts.0 / found.counts.1 } else { 0.0 };
    let note = EmbeddingNote {
        stage: Stage {
            name: "embed".into(),
            seconds: started.elapsed().as_secs_f64(),
            provider: Some(found.provider),
            precision: Some(inputs.model.card.precision.clone()),
        },
        runtime: found.runtime,
        audit,
    };
    let mut tensors = Tensors::default();
    tensors.f32("embeddings", &[found.values.nrows(), found.values.ncols()], found.values.iter().copied());
    atomic::write_file(&path, &tensors.to_bytes()?)?;
    atomic::write_file(&note_path, &serde_json::to_vec(&note)?)?;
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
    job: &Job,
    inputs: &Inputs,
    work: &Work,
    embeddings: &Array2<f32>,
) -> anyhow::Result<Dictionary> {
    let (folder, note) = (work.stage("sae"), work.stage("sae.json"));
    if note.exists() {
        return Ok(Dictionary {
            weights: sae::read(&folder)?,
            stage: serde_json::from_slice(&fs::read(&note)?)?,
        });
    }
    let started = Instant::now();
    let p = &inputs.parameters.sae;
    let mut options = TrainOptions::new(p.concepts as usize, p.active as usize, p.epochs);
    options.learning_rate = p.learning_rate;
    options.batch = p.batch as usize;
    options.seed = p.seed;
    options.aux_k = Some(p.aux_k as usize);
    options.aux_coefficient = p.aux_coefficient;
    let progress = Progress::new("train", u64::from(p.epochs), "epochs", job.quiet);
    let weights = train_sae(embeddings.view(), &options, &mut |metrics| {
        progress.advance(1);
        progress.message(format!("R² {:.4}, {} dead", metrics.r2, metrics.dead));
        ControlFlow::Continue(())
    })
    .context("training the sparse autoencoder")?;
    progress.finish();
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    sae::write(&folder, &weights)?;
    let stage = Stage {
        name: "train".into(),
        seconds: started.elapsed().as_secs_f64(),
        provider: None,
        precision: Some("float32".into()),
    };
    atomic::write_file(&note, &serde_json::to_vec(&stage)?)?;
    Ok(Dictionary { weights, stage })
}
