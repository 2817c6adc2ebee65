//! `cellprism sae sweep`: all sizes of a table, one after the other.

use std::path::PathBuf;

use super::machine::EngineArgs;
use crate::cli::stdout::{out, outln};
use crate::{cli::Global, jobs::sae::sweep};

/// Options of `sae sweep`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "CONFIG, for example:\n\n  epochs = 400                  # left out: as many as give 4,000 steps, from 20 to 1,400\n  learning_rates = [1e-4, 1e-3] # all are tried; left out: 1e-3\n  seeds = [0]                   # left out: 0\n  batch = 1024                  # left out: 1024\n  sizes = [                     # active left out: concepts / 62.5, at least 3\n    { concepts = 200, active = 3 },\n    { concepts = 500, active = 8, learning_rates = [3e-4] },\n  ]\n\nThe best learning rate of each size (highest R²) is marked with a star. Interrupted, the same command goes on.\n\nExample:\n  cellprism sae sweep --embeddings embeddings.safetensors --config table3.toml --out sweep/"
)]
pub struct Args {
    /// Embeddings (safetensors, tensor "embeddings" [n, d])
    #[arg(long, value_name = "FILE")]
    embeddings: PathBuf,
    /// Sizes, learning rates and seeds (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Folder for one sparse autoencoder a run, table.csv, table.json
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    engine: EngineArgs,
    /// Threads (0: one a core); the result does not depend on it
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let machine = args.engine.machine(args.threads);
    let options = sweep::Options { embeddings: args.embeddings, config: args.config, out: args.out, machine };
    let rows = sweep::run(&options, &global.progress())?;
    if global.json {
        outln!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        out!("{}", sweep::markdown(&rows));
    }
    Ok(())
}
