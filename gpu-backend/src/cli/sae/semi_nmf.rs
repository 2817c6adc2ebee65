//! `cellprism sae semi-nmf`.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use cellprism_core::sae::semi_nmf::{Options, SemiNmf, fit};
use ndarray::Array2;
use safetensors::{Dtype, tensor::TensorView};
use serde_json::json;

use crate::{
    cli::{Global, Progress},
    files::embeddings,
    work::atomic,
};

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
    /// Factors to write (safetensors): "activations" f32 [n, c], "dictionary" f32 [c, d]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// An activation counts as zero up to this share of the largest
    #[arg(long, default_value_t = 1e-3)]
    zero: f64,
}

/// Runs the command.
pub fn run(args: &Args, global: &Global) -> anyhow::Result<()> {
    ensure!(args.concepts > 0, "--concepts 0: at least one");
    ensure!((0.0..1.0).contains(&args.tolerance), "--tolerance {}: from 0 to below 1", args.tolerance);
    ensure!((0.0..1.0).contains(&args.zero), "--zero {}: from 0 to below 1", args.zero);
    let file = embeddings::open(&args.embeddings)?;
    ensure!(file.rows > 0 && file.columns > 0, "{}: no cells", args.embeddings.display());
    let (n, d, c) = (file.rows as u64, file.columns as u64, args.concepts as u64);
    let matrices = (5u64.saturating_mul(n).saturating_add(3 * c)).saturating_mul(c).saturating_add(4 * n * d);
    super::memory::check(matrices.saturating_mul(8))?;
    let data = file.read()?;
    let progress = Progress::new("semi-NMF", u64::from(args.iterations), "iterations", global.quiet);
    let options = Options {
        concepts: args.concepts,
        iterations: args.iterations,
        tolerance: args.tolerance,
        seed: args.seed,
    };
    let found = fit(data.values.view(), &options, &mut |_| progress.advance(1))?;
    progress.finish();
    if let Some(path) = &args.out {
        write(path, &found).with_context(|| format!("writing {}", path.display()))?;
    }
    let (r2, sparsity) = found.measure(data.values.view(), args.zero);
    if global.json {
        let record = json!({
            "concepts": args.concepts, "iterations": found.iterations, "r2": r2, "sparsity": sparsity,
            "zero": args.zero, "stabiliser": found.stabiliser,
        });
        println!("{record}");
    } else {
        println!("R²       {r2:.4}\nsparsity {sparsity:.4}\nafter    {} iterations", found.iterations);
    }
    Ok(())
}

fn write(path: &Path, found: &SemiNmf) -> anyhow::Result<()> {
    let bytes = |matrix: &Array2<f64>| -> Vec<u8> {
        matrix.iter().flat_map(|&value| (value as f32).to_le_bytes()).collect()
    };
    let (z, d) = (bytes(&found.z), bytes(&found.d));
    let tensors = [
        ("activations", TensorView::new(Dtype::F32, found.z.shape().to_vec(), &z)?),
        ("dictionary", TensorView::new(Dtype::F32, found.d.shape().to_vec(), &d)?),
    ];
    Ok(atomic::write_file(path, &safetensors::serialize(tensors, None)?)?)
}
