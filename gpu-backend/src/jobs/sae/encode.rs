//! `sae encode`: activations of embeddings.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Seek, Write},
    path::PathBuf,
};

use anyhow::Context;
use ndarray::Axis;
use safetensors::Dtype;
use serde::{Deserialize, Serialize};

use super::evaluate::embeddings_for;
use crate::{
    files::{sae, tensors::header},
    jobs::ENCODED,
    work::{output::OutputFile, progress::Progress},
};

/// What is encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Folder with `cfg.json` and `sae_weights.safetensors`.
    pub sae: PathBuf,
    /// Embeddings (safetensors, tensor "embeddings" `[n, d]`).
    pub embeddings: PathBuf,
    /// File to write: "indices" u32 `[n, k]`, "values" f32 `[n, k]`; metadata "concepts", and those of the
    /// embeddings "cells" and "model".
    pub out: PathBuf,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Encoded {
    /// Candidates of a cell (k).
    pub active: usize,
    /// Cells.
    pub cells: usize,
    /// The file.
    pub out: PathBuf,
}

/// Encodes and writes.
///
/// # Errors
/// If a file cannot be read or written, or the two do not fit.
pub fn run(options: &Options, progress: &dyn Progress) -> anyhow::Result<Encoded> {
    let out = OutputFile::claim(&options.out, "encode", &[&options.sae, &options.embeddings])?;
    let weights = sae::read(&options.sae)?;
    let found = embeddings_for(&weights, &options.embeddings)?;
    let (encoder, cells, active) = (weights.encoder(), found.values.nrows(), weights.config.k);
    let mut metadata: BTreeMap<String, String> =
        found.metadata.into_iter().filter(|(key, _)| matches!(key.as_str(), "cells" | "model")).collect();
    metadata.insert("concepts".into(), weights.config.d_sae.to_string());
    let shape = [cells, active];
    let header = header(&metadata, &[("values", Dtype::F32, &shape), ("indices", Dtype::U32, &shape)]);
    // Which concepts it were, until all activations are written before them.
    let mut indices = tempfile::tempfile_in(out.meanwhile("")).context("cannot keep the activations")?;
    let steps = progress.begin("encode", cells as u64, "cells");
    let mut write = |file: &mut File| {
        let mut file = BufWriter::new(file);
        file.write_all(&header)?;
        let mut later = BufWriter::new(&mut indices);
        for some in found.values.view().axis_chunks_iter(Axis(0), ENCODED) {
            let codes = encoder.encode(some);
            codes.values.iter().try_for_each(|value| file.write_all(&value.to_le_bytes()))?;
            codes.indices.iter().try_for_each(|index| later.write_all(&index.to_le_bytes()))?;
            steps.advance(some.nrows() as u64);
        }
        later.flush()?;
        drop(later);
        indices.rewind()?;
        io::copy(&mut indices, &mut file)?;
        file.flush()
    };
    out.finish_parts(&mut write)?;
    steps.finish();
    Ok(Encoded { active, cells, out: options.out.clone() })
}
