//! `cellprism sae sweep`: all sizes of a table, one after the other.

use std::path::PathBuf;

use super::machine::EngineArgs;
use crate::cli::stdout::{out, outln};
use crate::{cli::Global, jobs::sae::sweep};

/// Options of `sae sweep`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "CONFIG, for example:\n\n  epochs = 400                  # left out: as many as give 4,000 steps, from 20 to 1,400\n  learning_rates = [1e-4, 1e-3] # all are tried; left out: 1e-3\n  seeds = [0]                   # left out: 0\n  batch = 1024                  # left out: 1024\n  sizes = [                     # active left out: concepts / 62.5, at least 3\n    { concepts = 200, active = 3 },\n    { concepts = 500, active = 8, learning_rates = [3e-4] },\n  ]\n\nThe best learning rate of each size (highest R²) is marked with a star. Interrupted, the same command goes on.\n\nExample:\n  cellprism sae sweep --embeddings embeddings.safetensors --config table3.toml --out sweep/\n  cellprism sae sweep --embeddings a.safetensors b.safetensors --cells a.h5ad b.h5ad --model scvi --config table3.toml --out sweep/"
)]
pub struct Args {
    /// Embeddings (safetensors, tensor "embeddings" [n, d]); several files: the same sizes on each
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    embeddings: Vec<PathBuf>,
    /// The same cells (.h5ad), a file for each of --embeddings: divides concepts into classes by their metadata
    #[arg(long, value_name = "H5AD", num_args = 1..)]
    cells: Vec<PathBuf>,
    /// Columns of metadata for that (default: the first two that have several labels)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    columns: Vec<String>,
    /// Model folder of the embeddings: scores genes as in the paper, and counts those above 0.05; needs --cells
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Sizes, learning rates and seeds (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Folder for one sparse autoencoder a run, table.csv, table.json, classes.csv, gene_set_sizes.csv, sweep.svg
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
    let Args { embeddings, cells, columns, model, config, out, .. } = args;
    let options = sweep::Options { embeddings, cells, columns, model, config, out, machine };
    let rows = sweep::run(&options, &global.progress())?;
    if global.json {
        outln!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        out!("{}", sweep::markdown(&rows));
    }
    Ok(())
}
