//! `cellprism attribute`: the genes that drive concepts, by counterfactual occlusion.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{
    Global,
    precision::PrecisionArgs,
    runtime::RuntimeArgs,
    screening::{ScreeningArgs, in_words},
    sequence::SequenceArgs,
};
use super::{stderr::errln, stdout::outln};
use crate::{jobs::attribute, runtime::Device};

/// Score the genes that drive concepts.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cellprism attribute --model model --sae sae --cells cells.h5ad --concepts 0-99,120 --out attribution.safetensors"
)]
pub struct Args {
    /// Model folder that `cellprism import` wrote
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Sparse autoencoder (SAELens layout)
    #[arg(long, value_name = "DIR")]
    sae: PathBuf,
    /// Cells with raw counts (.h5ad)
    #[arg(long, value_name = "H5AD")]
    cells: PathBuf,
    /// Concepts, for instance 0-99,120 (default: all that are active)
    #[arg(long, value_name = "LIST")]
    concepts: Option<String>,
    /// N_p: most active cells of each concept
    #[arg(long, default_value_t = 10)]
    prototypes: usize,
    /// N_c: nearest cells that do not activate it, for each prototype
    #[arg(long, default_value_t = 3)]
    counterfactuals: usize,
    #[command(flatten)]
    screening: ScreeningArgs,
    /// Also write every pair's scores: "pair_scores" f32 [concepts, prototypes, counterfactuals, genes]
    #[arg(long)]
    pairs: bool,
    /// Only the paper's scores, without presence, absence and carried genes
    #[arg(long)]
    paper: bool,
    /// Further prototypes, next in activation, on which carried genes are counted (default: 10; 0 through models of
    /// sequences, where every swap is a pass of the whole model: then the prototypes themselves are counted)
    #[arg(long)]
    held_out: Option<usize>,
    /// Typical inactive cells, of the same total count, that each prototype is compared with (default: as for --held-out)
    #[arg(long)]
    typical: Option<usize>,
    /// File to write
    #[arg(long, value_name = "SAFETENSORS")]
    out: PathBuf,
    /// cpu, cuda or cuda:N for the embeddings and for swaps through scGPT, Geneformer, SCimilarity or another encoder;
    /// swaps through scVI run on the processor
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
    #[command(flatten)]
    sequence: SequenceArgs,
    #[command(flatten)]
    precision: PrecisionArgs,
}

/// Runs the command.
///
/// # Errors
/// If an input cannot be read or does not fit the others.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let options = attribute::Options {
        model: args.model,
        sae: args.sae,
        cells: args.cells,
        concepts: args.concepts,
        prototypes: args.prototypes,
        counterfactuals: args.counterfactuals,
        screening: args.screening.into(),
        pairs: args.pairs,
        paper: args.paper,
        held_out: args.held_out,
        typical: args.typical,
        out: args.out,
        place: args.runtime.place(args.device),
        gene_info: args.gene_info,
        allow_non_integer: args.allow_non_integer,
        sequence: args.sequence.into(),
        force_precision: args.precision.force_precision,
    };
    let report = attribute::run(&options, &global.progress())?;
    if global.json {
        outln!("{}", serde_json::to_string(&report)?);
    } else if let Some(outcome) = report.screened.as_ref().filter(|_| !global.quiet) {
        errln!("{}", in_words(outcome, attribute::IMPORTANT));
    }
    Ok(())
}
