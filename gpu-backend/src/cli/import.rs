//! `cellprism import`: a published checkpoint becomes a model folder, without Python and without running
//! anything from it.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use serde_json::json;

use super::Global;
use crate::io::model;

/// Turn a published checkpoint into ONNX, a card and weights for the browser.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cellprism import scvi my_scvi_model --out model\n  cellprism import scgpt scGPT_human --out model"
)]
pub struct Args {
    /// Kind of checkpoint
    #[arg(value_enum)]
    kind: Kind,
    /// Folder of the checkpoint (scvi: with model.pt as scvi-tools saves it; scgpt: with best_model.pt,
    /// args.json and vocab.json)
    checkpoint: PathBuf,
    /// Model folder to write
    #[arg(long, value_name = "MODEL_DIR")]
    out: PathBuf,
}

/// Kinds of checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// scvi-tools' SCVI
    Scvi,
    /// scGPT, under either naming of its attention weights
    Scgpt,
}

/// Runs the command.
///
/// # Errors
/// If the checkpoint is refused or the folder cannot be written.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let imported = match args.kind {
        Kind::Scvi => model::import_scvi(&args.checkpoint)?,
        Kind::Scgpt => model::import_scgpt(&args.checkpoint)?,
    };
    model::write(&imported, &args.out)?;
    let card = &imported.card;
    if global.json {
        println!("{}", serde_json::to_string(card)?);
    } else if !global.quiet {
        eprintln!(
            "{}: {} of {} genes or tokens, {} dimensions; {}",
            args.out.display(),
            card.kind.name(),
            card.scgpt.as_ref().map_or(card.genes.len(), |sizes| sizes.vocabulary as usize),
            card.latent,
            card.preprocessing
        );
        tracing::debug!(files = %json!(imported.files.keys().collect::<Vec<_>>()), "written");
    }
    Ok(())
}
