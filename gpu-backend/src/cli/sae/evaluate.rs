//! `cellprism sae evaluate`.

use std::path::PathBuf;

use cellprism_core::sae::metrics::Metrics;

use crate::cli::stdout::outln;
use crate::{cli::Global, jobs::sae::evaluate};

/// Options of `sae evaluate`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  cellprism sae evaluate --sae sae/ --embeddings embeddings.safetensors --json"
)]
pub struct Args {
    /// Folder with cfg.json and sae_weights.safetensors
    #[arg(long, value_name = "DIR")]
    sae: PathBuf,
    /// Embeddings (safetensors, tensor "embeddings" [n, d])
    #[arg(long, value_name = "FILE")]
    embeddings: PathBuf,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    print(&evaluate::run(&evaluate::Options { sae: args.sae, embeddings: args.embeddings })?, global)
}

/// Metrics on stdout, for people or as JSON.
pub fn print(metrics: &Metrics, global: &Global) -> anyhow::Result<()> {
    if global.json {
        outln!("{}", serde_json::to_string_pretty(metrics)?);
        return Ok(());
    }
    outln!("cells              {}", metrics.cells);
    outln!("R²                 {:.4}  (each dimension's mean as baseline)", metrics.r2);
    outln!("R² per dimension   {:.4}  (mean of each dimension's own)", metrics.r2_per_dimension);
    outln!("R² scalar mean     {:.4}  (one mean as baseline: flattering)", metrics.r2_scalar_mean);
    outln!("active concepts    {} of {}", metrics.active, metrics.concepts);
    outln!("active per cell    {:.3} (k = {})", metrics.l0, metrics.active_per_cell);
    outln!("sparsity           {:.5}", metrics.sparsity);
    outln!("mean squared error {:.6}", metrics.mse);
    Ok(())
}
