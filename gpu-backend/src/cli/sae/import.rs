//! `cellprism sae import`.

use std::path::PathBuf;

use crate::cli::{stderr::errln, stdout::outln};
use crate::{cli::Global, jobs::sae::import};

/// Options of `sae import`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "FILE is torch.save(sae.state_dict(), FILE) of an overcomplete TopKSAE with the default encoder.\n\nExample:\n  cellprism sae import sae.pt --active 8 --out sae/"
)]
pub struct Args {
    /// State dictionary
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Active concepts per cell (k); the file does not hold it
    #[arg(long)]
    active: usize,
    /// Folder to write: cfg.json, sae_weights.safetensors
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let out = args.out.clone();
    let found = import::run(&import::Options { file: args.file, active: args.active, out: args.out })?;
    if global.json {
        outln!("{}", serde_json::to_string(&found)?);
    } else if !global.quiet {
        errln!("{}: {} concepts of size {}", out.display(), found.concepts, found.size);
    }
    Ok(())
}
