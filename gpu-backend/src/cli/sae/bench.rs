//! `cellprism sae bench`.

use super::machine::EngineArgs;
use crate::cli::stdout::outln;
use crate::{cli::Global, jobs::sae::bench};

/// Options of `sae bench`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  cellprism sae bench --size 512 --concepts 5000 --active 80 --threads 2")]
pub struct Args {
    /// Embedding size (d)
    #[arg(long, default_value_t = 50)]
    size: usize,
    /// Concepts (c)
    #[arg(long, default_value_t = 500)]
    concepts: usize,
    /// Active concepts per cell (k)
    #[arg(long, default_value_t = 8)]
    active: usize,
    /// Cells per step
    #[arg(long, default_value_t = 1024)]
    batch: usize,
    /// Concepts that are dead and trained by the auxiliary loss
    #[arg(long, default_value_t = 0)]
    dead: usize,
    /// Steps that are timed, after two that are not
    #[arg(long, default_value_t = 20)]
    steps: usize,
    #[command(flatten)]
    engine: EngineArgs,
    /// Threads (0: one a core)
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let Args { size, concepts, active, batch, dead, steps, engine, threads } = args;
    let machine = engine.machine(threads);
    let found = bench::run(&bench::Options { size, concepts, active, batch, dead, steps, machine })?;
    if global.json {
        outln!("{}", serde_json::to_string(&found)?);
    } else {
        let bench::Times { min, median, max, .. } = found;
        outln!("ms per step: {min:.3} (least)  {median:.3} (median)  {max:.3} (most)");
    }
    Ok(())
}
