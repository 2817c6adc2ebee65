//! `cellprism embed`: cells to embeddings.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::stdout::outln;
use super::{Global, runtime::RuntimeArgs, sequence::SequenceArgs};
use crate::{jobs::embed, runtime::Device};

/// Embed cells with a model.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cellprism embed --model model --cells cells.h5ad --out embeddings.safetensors\n\nCells are read some at a time. What is done is kept in OUT.partial: after a kill, or a device that failed, the same\ncommand goes on from there and gives the same file."
)]
pub struct Args {
    /// Model folder that `cellprism import` wrote
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Cells with raw counts (.h5ad)
    #[arg(long, value_name = "H5AD")]
    cells: PathBuf,
    /// File to write: tensor "embeddings" f32 [cells, dimensions]
    #[arg(long, value_name = "SAFETENSORS")]
    out: PathBuf,
    /// cpu, cuda or cuda:N, or several that share the cells (cuda:0,cuda:1); a device that is not there is an error
    #[arg(long, default_value = "cpu", value_delimiter = ',', value_parser = Device::parse)]
    device: Vec<Device>,
    #[command(flatten)]
    runtime: RuntimeArgs,
    /// Gene table with aliases (NCBI gene_info or the project's own)
    #[arg(long, value_name = "FILE")]
    gene_info: Option<PathBuf>,
    /// Accept counts that are not whole numbers
    #[arg(long)]
    allow_non_integer: bool,
    #[command(flatten)]
    sequence: SequenceArgs,
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read, no gene is shared, or the device is not there.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let options = embed::Options {
        model: args.model,
        cells: args.cells,
        out: args.out,
        places: args.device.into_iter().map(|device| args.runtime.place(device)).collect(),
        gene_info: args.gene_info,
        allow_non_integer: args.allow_non_integer,
        sequence: args.sequence.into(),
    };
    let report = embed::run(&options, &global.progress())?;
    if global.json {
        outln!("{}", serde_json::to_value(&report)?);
    }
    Ok(())
}
