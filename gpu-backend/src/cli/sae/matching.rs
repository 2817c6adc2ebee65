//! `cellprism sae match`.

use std::path::PathBuf;

use crate::cli::stdout::outln;
use crate::{cli::Global, jobs::sae::matching};

/// Options of `sae match`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Pairs maximise the sum of cosines (Hungarian method).\n\nExample:\n  cellprism sae match --left seed0/ --right seed1/ --json"
)]
pub struct Args {
    /// One sparse autoencoder
    #[arg(long, value_name = "DIR")]
    left: PathBuf,
    /// Another, of embeddings of the same size
    #[arg(long, value_name = "DIR")]
    right: PathBuf,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let found = matching::run(&matching::Options { left: args.left, right: args.right })?;
    if global.json {
        outln!("{}", serde_json::to_string(&found)?);
    } else {
        outln!("left\tright\tcosine");
        for pair in &found.pairs {
            outln!("{}\t{}\t{:.6}", pair.left.0, pair.right.0, pair.cosine);
        }
        eprintln!("{} pairs, mean cosine {:.4}", found.pairs.len(), found.mean_cosine);
    }
    Ok(())
}
