//! `cellprism sae encode`.

use std::path::PathBuf;

use crate::cli::stdout::outln;
use crate::{cli::Global, jobs::sae::encode};

/// Options of `sae encode`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Writes tensors \"indices\" u32 [n, k] and \"values\" f32 [n, k]: candidates by falling activation.\n\nExample:\n  cellprism sae encode --sae sae/ --embeddings embeddings.safetensors --out activations.safetensors"
)]
pub struct Args {
    /// Folder with cfg.json and sae_weights.safetensors
    #[arg(long, value_name = "DIR")]
    sae: PathBuf,
    /// Embeddings (safetensors, tensor "embeddings" [n, d])
    #[arg(long, value_name = "FILE")]
    embeddings: PathBuf,
    /// Activations to write (safetensors)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let options = encode::Options { sae: args.sae, embeddings: args.embeddings, out: args.out };
    let encoded = encode::run(&options, &global.progress())?;
    if global.json {
        outln!("{}", serde_json::to_string(&encoded)?);
    }
    Ok(())
}
