//! `cellprism sae import`.

use std::path::PathBuf;

use anyhow::Context;
use cellprism_onnx::overcomplete;

use crate::{cli::Global, files::sae, work::atomic::OutputFolder};

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
pub fn run(args: &Args, global: &Global) -> anyhow::Result<()> {
    let bytes = std::fs::read(&args.file).with_context(|| format!("reading {}", args.file.display()))?;
    let weights = overcomplete::read(&bytes, args.active).with_context(|| args.file.display().to_string())?;
    let folder = OutputFolder::create(&args.out)?;
    sae::write(folder.path(), &weights)?;
    folder.finish().with_context(|| format!("writing {}", args.out.display()))?;
    let (d, c) = (weights.config.d_in, weights.config.d_sae);
    if global.json {
        println!("{}", serde_json::json!({ "size": d, "concepts": c, "active": args.active }));
    } else if !global.quiet {
        eprintln!("{}: {c} concepts of size {d}", args.out.display());
    }
    Ok(())
}
