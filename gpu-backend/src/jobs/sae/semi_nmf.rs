//! `sae semi-nmf`: the baseline of the same embeddings.

use std::path::PathBuf;

use anyhow::ensure;
use cellprism_core::{
    limits,
    sae::semi_nmf::{Options as FitOptions, SemiNmf, fit},
};
use ndarray::Array2;
use safetensors::{Dtype, tensor::TensorView};
use serde::{Deserialize, Serialize};

use crate::{
    files::embeddings,
    work::{memory, output::OutputFile, progress::Progress},
};

/// What is fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Embeddings (safetensors, tensor "embeddings" `[n, d]`).
    pub embeddings: PathBuf,
    /// Concepts (c).
    pub concepts: usize,
    /// Most iterations.
    pub iterations: u32,
    /// Relative change of the activations below which it ends (0: never).
    pub tolerance: f64,
    /// Seed of the first activations.
    pub seed: u64,
    /// Weight of the L1 penalty on activations.
    pub penalty: f64,
    /// Factors to write: "activations" f32 `[n, c]`, "dictionary" f32 `[c, d]`.
    pub out: Option<PathBuf>,
    /// An activation counts as zero up to this share of the largest.
    pub zero: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            embeddings: PathBuf::new(),
            concepts: 0,
            iterations: 500,
            tolerance: 1e-4,
            seed: 0,
            penalty: 0.0,
            out: None,
            zero: 1e-3,
        }
    }
}

/// What came out.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Concepts (c).
    pub concepts: usize,
    /// Iterations done.
    pub iterations: u32,
    /// R², each dimension's mean as baseline.
    pub r2: f64,
    /// Share of activations that count as zero.
    pub sparsity: f64,
    /// What was added to a matrix that could not be inverted.
    pub stabiliser: f64,
    /// Share of the largest activation up to which one counts as zero.
    pub zero: f64,
}

/// Fits, and writes the factors where asked for.
///
/// # Errors
/// If the options make no sense, embeddings cannot be read, or they do not fit into memory.
pub fn run(options: &Options, progress: &dyn Progress) -> anyhow::Result<Report> {
    limits::CONCEPTS.check("--concepts", options.concepts)?;
    limits::ITERATIONS.check("--iterations", options.iterations)?;
    ensure!((0.0..1.0).contains(&options.tolerance), "--tolerance {}: from 0 to below 1", options.tolerance);
    ensure!((0.0..1.0).contains(&options.zero), "--zero {}: from 0 to below 1", options.zero);
    ensure!(
        options.penalty >= 0.0 && options.penalty.is_finite(),
        "--penalty {}: a number from 0",
        options.penalty
    );
    let file = embeddings::open(&options.embeddings)?;
    ensure!(file.rows > 0 && file.columns > 0, "{}: no cells", options.embeddings.display());
    let (n, d, c) = (file.rows as u64, file.columns as u64, options.concepts as u64);
    let matrices = (5u64.saturating_mul(n).saturating_add(3 * c)).saturating_mul(c).saturating_add(4 * n * d);
    memory::check(matrices.saturating_mul(8))?;
    let out = options
        .out
        .as_deref()
        .map(|path| OutputFile::claim(path, "semi-nmf", &[&options.embeddings]))
        .transpose()?;
    let data = file.read()?;
    let steps = progress.begin("semi-NMF", u64::from(options.iterations), "iterations");
    let asked = FitOptions {
        concepts: options.concepts,
        iterations: options.iterations,
        tolerance: options.tolerance,
        seed: options.seed,
        penalty: options.penalty,
    };
    let found = fit(data.values.view(), &asked, &mut |_| steps.advance(1))?;
    steps.finish();
    if let Some(out) = out {
        out.finish(&to_bytes(&found)?)?;
    }
    let (r2, sparsity) = found.measure(data.values.view(), options.zero);
    Ok(Report {
        concepts: options.concepts,
        iterations: found.iterations,
        r2,
        sparsity,
        stabiliser: found.stabiliser,
        zero: options.zero,
    })
}

fn to_bytes(found: &SemiNmf) -> anyhow::Result<Vec<u8>> {
    let bytes = |matrix: &Array2<f64>| -> Vec<u8> {
        matrix.iter().flat_map(|&value| (value as f32).to_le_bytes()).collect()
    };
    let (z, d) = (bytes(&found.z), bytes(&found.d));
    let tensors = [
        ("activations", TensorView::new(Dtype::F32, found.z.shape().to_vec(), &z)?),
        ("dictionary", TensorView::new(Dtype::F32, found.d.shape().to_vec(), &d)?),
    ];
    Ok(safetensors::serialize(tensors, None)?)
}
