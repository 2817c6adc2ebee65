//! `cellprism sae encode`.

use std::{collections::HashMap, path::PathBuf};

use anyhow::{Context, ensure};
use safetensors::{Dtype, tensor::TensorView};

use crate::{
    cli::Global,
    files::{embeddings, sae},
    work::atomic,
};

/// Options of `sae encode`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Writes tensors \"indices\" u32 [n, k] and \"values\" f32 [n, k]: candidates by falling activation; metadata\n\"concepts\", and of the embeddings \"cells\" and \"model\" where they have them.\n\nExample:\n  cellprism sae encode --sae sae/ --embeddings embeddings.safetensors --out activations.safetensors"
)]
pub struct Args {
    /// Folder with cfg.json and sae_weights.safetensors
    #[arg(long, value_name = "DIR")]
    sae: PathBuf,
    /// Embeddings (safetensors, tensor "embeddings" [n, d])
    #[arg(long, value_name = "FILE")]
    embeddings: PathBuf,
    /// Activations to write (safetensors)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command.
pub fn run(args: &Args, global: &Global) -> anyhow::Result<()> {
    let weights = sae::read(&args.sae)?;
    let (cells, codes, metadata) = {
        let file = embeddings::open(&args.embeddings)?;
        ensure!(
            file.columns == weights.config.d_in,
            "{}: embeddings of size {}, but the sparse autoencoder takes {}",
            args.embeddings.display(),
            file.columns,
            weights.config.d_in
        );
        let found = file.read()?;
        ensure!(found.values.nrows() > 0, "{}: no cells", args.embeddings.display());
        (found.values.nrows(), weights.encode(found.values.view()), found.metadata)
    };
    let indices: Vec<u8> = codes.indices.iter().flat_map(|j| j.to_le_bytes()).collect();
    let values: Vec<u8> = codes.values.iter().flat_map(|u| u.to_le_bytes()).collect();
    let shape = vec![cells, codes.k];
    let tensors = [
        ("indices", TensorView::new(Dtype::U32, shape.clone(), &indices)?),
        ("values", TensorView::new(Dtype::F32, shape, &values)?),
    ];
    let handed_on = metadata.into_iter().filter(|(key, _)| matches!(key.as_str(), "cells" | "model"));
    let mut metadata: HashMap<String, String> = handed_on.collect();
    metadata.insert("concepts".into(), weights.config.d_sae.to_string());
    let content = safetensors::serialize(tensors, Some(metadata))?;
    atomic::write_file(&args.out, &content).with_context(|| format!("writing {}", args.out.display()))?;
    if global.json {
        println!("{}", serde_json::json!({ "cells": cells, "active": codes.k, "out": args.out }));
    }
    Ok(())
}
