//! `cellprism import`: a published checkpoint becomes a model folder, without Python and without running
//! anything from it.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use cellprism_core::embedding::card::ModelCard;
use cellprism_onnx::folder::ModelFolder;
use clap::Args as ClapArgs;

use super::Global;
use crate::models::{folder, onnx::import};

/// Turn a published checkpoint into ONNX, a card and weights for the browser.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cellprism import scvi my_scvi_model --out model\n  cellprism import scgpt scGPT_human --out model\n  cellprism import onnx encoder.onnx --card card.json --out model\n\nA card for onnx: {\"genes\": [\"CD79A\", ...], \"latent\": 50, \"normalize\": {\"sum\": 10000}, \"feed_log1p\": true}\n(\"normalize\" is \"none\" where it is left out; \"feed_log1p\": the graph is given log1p of the scaled counts;\n\"input\" and \"output\" name them where the graph has several)"
)]
pub struct Args {
    /// Kind of checkpoint
    #[arg(value_enum)]
    kind: Kind,
    /// Folder of the checkpoint (scvi: with model.pt as scvi-tools saves it; scgpt: with best_model.pt,
    /// args.json and vocab.json), or for onnx the file of an encoder: [cells, genes] to [cells, dimensions]
    checkpoint: PathBuf,
    /// onnx: what the encoder reads and gives (see below)
    #[arg(long, value_name = "JSON")]
    card: Option<PathBuf>,
    /// scgpt: what the graph computes in; half precision embeds faster on a GPU, and is refused for scoring genes
    #[arg(long, value_enum, default_value = "float32")]
    precision: Precision,
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
    /// Any other encoder, as an ONNX file
    Onnx,
}

/// What a graph computes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Precision {
    /// 32-bit floats
    Float32,
    /// 16-bit floats
    Float16,
}

/// Runs the command.
///
/// # Errors
/// If the checkpoint is refused or the folder cannot be written.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    if args.card.is_some() && args.kind != Kind::Onnx {
        bail!("--card is for `cellprism import onnx`; other checkpoints describe themselves");
    }
    let half = args.precision == Precision::Float16;
    if half && args.kind != Kind::Scgpt {
        bail!(
            "--precision float16 is for scgpt: scVI is small, and another encoder's file is taken as it is"
        );
    }
    let card = match args.kind {
        Kind::Scvi => whole(folder::import_scvi(&args.checkpoint)?, &args.out)?,
        Kind::Scgpt => {
            let folder = folder::import_scgpt(&args.checkpoint)?;
            whole(if half { folder.in_half_precision()? } else { folder }, &args.out)?
        }
        Kind::Onnx => {
            let card = args.card.as_deref().context(
                "an ONNX file does not say which genes it reads: give --card CARD.json (`cellprism import --help` shows one)",
            )?;
            import::import(&args.checkpoint, card, &args.out, global.onnxruntime.as_deref())?
        }
    };
    if global.json {
        println!("{}", serde_json::to_string(&card)?);
    } else if !global.quiet {
        eprintln!(
            "{}: {} of {} genes or tokens, {} dimensions; {}",
            args.out.display(),
            card.kind.name(),
            card.scgpt.as_ref().map_or(card.genes.len(), |sizes| sizes.vocabulary as usize),
            card.latent,
            card.preprocessing
        );
    }
    Ok(())
}

/// Writes a model folder.
fn whole(folder: ModelFolder, out: &Path) -> anyhow::Result<ModelCard> {
    folder::write(&folder, out)?;
    tracing::debug!(files = ?folder.files.keys().collect::<Vec<_>>(), "written");
    Ok(folder.card)
}
