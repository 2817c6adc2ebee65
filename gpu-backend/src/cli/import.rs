//! `cellprism import`: a published checkpoint becomes a model folder, without Python and without running
//! anything from it.

use std::path::PathBuf;

use clap::{
    Args as ClapArgs,
    builder::{PossibleValue, PossibleValuesParser},
};

use super::Global;
use crate::{
    jobs::import,
    models::{ImportOptions, KINDS, find},
};

/// Turn a published checkpoint into ONNX, a card and weights for the browser.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cellprism import scvi my_scvi_model --out model\n  cellprism import scgpt scGPT_human --out model\n  cellprism import onnx encoder.onnx --card card.json --out model\n\nA card for onnx: {\"genes\": [\"CD79A\", ...], \"latent\": 50, \"normalize\": {\"sum\": 10000}, \"feed_log1p\": true}\n(\"normalize\" is \"none\" where it is left out; \"feed_log1p\": the graph is given log1p of the scaled counts;\n\"input\" and \"output\" name them where the graph has several)"
)]
pub struct Args {
    /// Kind of checkpoint
    #[arg(value_parser = kinds())]
    kind: String,
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

/// What a graph computes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Precision {
    /// 32-bit floats
    Float32,
    /// 16-bit floats
    Float16,
}

/// The kinds that this program knows.
fn kinds() -> PossibleValuesParser {
    KINDS
        .iter()
        .map(|kind| PossibleValue::new(kind.kind().name()).help(kind.about()))
        .collect::<Vec<_>>()
        .into()
}

/// Runs the command.
///
/// # Errors
/// If the checkpoint is refused or the folder cannot be written.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let options = ImportOptions {
        checkpoint: args.checkpoint,
        card: args.card,
        half_precision: args.precision == Precision::Float16,
        out: args.out,
        onnxruntime: global.onnxruntime.clone(),
    };
    let card = import::run(&args.kind, &options)?;
    if global.json {
        println!("{}", serde_json::to_string(&card)?);
    } else if !global.quiet {
        eprintln!(
            "{}: {} of {} genes or tokens, {} dimensions; {}",
            options.out.display(),
            card.kind.name(),
            find(card.kind)?.reads(&card),
            card.latent,
            card.preprocessing
        );
    }
    Ok(())
}
