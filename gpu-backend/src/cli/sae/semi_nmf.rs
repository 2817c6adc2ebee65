//! `cellprism sae semi-nmf`.

use std::path::PathBuf;

use crate::cli::stdout::outln;
use crate::{cli::Global, jobs::sae::semi_nmf};

/// Options of `sae semi-nmf`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  cellprism sae semi-nmf --embeddings embeddings.safetensors --concepts 500 --json"
)]
pub struct Args {
    /// Embeddings (safetensors, tensor "embeddings" [n, d])
    #[arg(long, value_name = "FILE")]
    embeddings: PathBuf,
    /// Concepts (c)
    #[arg(long)]
    concepts: usize,
    /// Most iterations
    #[arg(long, default_value_t = 500)]
    iterations: u32,
    /// Relative change of the activations below which it ends (0: never)
    #[arg(long, default_value_t = 1e-4)]
    tolerance: f64,
    /// Seed of the first activations
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Weight of an L1 penalty on activations, with directions of length 1 (0: none); the larger, the sparser
    #[arg(long, value_name = "LAMBDA", default_value_t = 0.0)]
    penalty: f64,
    /// Factors to write (safetensors): "activations" f32 [n, c], "dictionary" f32 [c, d]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// An activation counts as zero up to this share of the largest
    #[arg(long, default_value_t = 1e-3)]
    zero: f64,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let Args { embeddings, concepts, iterations, tolerance, seed, penalty, out, zero } = args;
    let options = semi_nmf::Options { embeddings, concepts, iterations, tolerance, seed, penalty, out, zero };
    let found = semi_nmf::run(&options, &global.progress())?;
    if global.json {
        outln!("{}", serde_json::to_value(&found)?);
    } else {
        let semi_nmf::Report { r2, sparsity, iterations, .. } = found;
        outln!("R²       {r2:.4}\nsparsity {sparsity:.4}\nafter    {iterations} iterations");
    }
    Ok(())
}
