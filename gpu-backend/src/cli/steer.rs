//! `cellprism steer`: a concept set to another value, and what scVI then expects of every gene.

use std::path::PathBuf;

use anyhow::bail;
use cellprism_core::steering::Target;
use clap::Args as ClapArgs;

use super::{Global, runtime::RuntimeArgs};
use super::{stderr::err, stdout::outln};
use crate::{
    jobs::steer::{self, CellsLike},
    runtime::Device,
};

/// Set a concept to another value and see what scVI then expects of every gene.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cellprism steer --model model --sae sae --cells cells.h5ad --concept 406 --scale 2 --out steered.csv"
)]
#[command(group = clap::ArgGroup::new("target").required(true))]
pub struct Args {
    /// Model folder that `cellprism import scvi` wrote
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Sparse autoencoder (SAELens layout)
    #[arg(long, value_name = "DIR")]
    sae: PathBuf,
    /// Cells with raw counts (.h5ad)
    #[arg(long, value_name = "H5AD")]
    cells: PathBuf,
    /// The concept
    #[arg(long, value_name = "N")]
    concept: u32,
    /// Its activation in every cell; 0 takes it away
    #[arg(long, value_name = "VALUE", group = "target", value_parser = not_negative)]
    to: Option<f32>,
    /// A multiple of each cell's own activation
    #[arg(long, value_name = "FACTOR", group = "target", value_parser = not_negative)]
    scale: Option<f32>,
    /// Which cells are steered: its prototypes, or all
    #[arg(long, value_enum, default_value = "prototypes")]
    cells_like: Which,
    /// N_p: most active cells of the concept
    #[arg(long, default_value_t = 10)]
    prototypes: usize,
    /// Attribution of the same concept by `cellprism attribute`, to stand beside the change
    #[arg(long, value_name = "SAFETENSORS")]
    attribution: Option<PathBuf>,
    /// Table to write: genes by size of the log2 ratio, those with expected counts below 0.01 before and after at the end
    #[arg(long, value_name = "CSV")]
    out: PathBuf,
    /// cpu, cuda or cuda:N for the embeddings; decoding runs on the processor
    #[arg(long, default_value = "cpu", value_parser = Device::parse)]
    device: Device,
    #[command(flatten)]
    runtime: RuntimeArgs,
    /// Gene table with aliases (NCBI gene_info or the project's own)
    #[arg(long, value_name = "FILE")]
    gene_info: Option<PathBuf>,
    /// Accept counts that are not whole numbers
    #[arg(long)]
    allow_non_integer: bool,
}

/// Cells that are steered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Which {
    /// The concept's most active cells
    Prototypes,
    /// Every cell
    All,
}

fn not_negative(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err("an activation is a number of 0 or more".into()),
    }
}

/// Runs the command.
///
/// # Errors
/// If an input cannot be read or does not fit the others, or there is no cell to steer.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let target = match (args.to, args.scale) {
        (Some(value), _) => Target::To(value),
        (None, Some(factor)) => Target::Scale(factor),
        (None, None) => bail!("give --to or --scale"),
    };
    let options = steer::Options {
        model: args.model,
        sae: args.sae,
        cells: args.cells,
        concept: args.concept,
        target,
        cells_like: match args.cells_like {
            Which::Prototypes => CellsLike::Prototypes,
            Which::All => CellsLike::All,
        },
        prototypes: args.prototypes,
        attribution: args.attribution,
        out: args.out,
        place: args.runtime.place(args.device),
        gene_info: args.gene_info,
        allow_non_integer: args.allow_non_integer,
    };
    let report = steer::run(&options, &global.progress())?;
    if !global.quiet {
        err!("{}", report.in_words());
    }
    if global.json {
        outln!("{}", report.json());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activations_are_not_negative() {
        assert_eq!(not_negative("2.5"), Ok(2.5));
        for text in ["-1", "nan", "inf", "much"] {
            assert!(not_negative(text).is_err(), "{text}");
        }
    }
}
