//! `cellprism sae match`.

use std::path::PathBuf;

use cellprism_core::sae::matching::match_dictionaries;

use crate::{cli::Global, files::sae};

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
pub fn run(args: &Args, global: &Global) -> anyhow::Result<()> {
    let (left, right) = (sae::read(&args.left)?, sae::read(&args.right)?);
    let pairs = match_dictionaries(&left, &right)?;
    let mean = pairs.iter().map(|pair| f64::from(pair.cosine)).sum::<f64>() / pairs.len() as f64;
    if global.json {
        println!("{}", serde_json::json!({ "mean_cosine": mean, "pairs": pairs }));
    } else {
        println!("left\tright\tcosine");
        for pair in &pairs {
            println!("{}\t{}\t{:.6}", pair.left.0, pair.right.0, pair.cosine);
        }
        eprintln!("{} pairs, mean cosine {mean:.4}", pairs.len());
    }
    Ok(())
}
