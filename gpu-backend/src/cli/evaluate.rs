//! `cellprism evaluate`: a bundle beside baselines.

use std::path::PathBuf;

use super::{Global, runtime::RuntimeArgs};
use super::{stderr::errln, stdout::outln};
use crate::{
    jobs::evaluate::{self, Options, Report},
    runtime::Device,
};

/// Hold a bundle against baselines that were never trained for it: tables, claims, figures and a page.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  cellprism evaluate bundle --cells cells.h5ad --out report\n\n\
                  Two or more bundles are compared with each other, too. The same command goes on where an interrupted one stopped.\n\
                  Tables and their columns: docs/evaluation.md")]
pub struct Args {
    /// Bundles that `cellprism run` wrote
    #[arg(value_name = "BUNDLE", required = true)]
    bundles: Vec<PathBuf>,
    /// Folder to write: report.html, tables, figures, claims.csv, evaluation.json
    #[arg(long, value_name = "REPORT")]
    out: PathBuf,
    /// Replace what is there already under that name
    #[arg(long)]
    overwrite: bool,
    /// Where the cells of the bundles lie; each is known by its checksum (default: beside the bundle, or here)
    #[arg(long, value_name = "H5AD", num_args = 1..)]
    cells: Vec<PathBuf>,
    /// Where the models of the bundles lie (default: the encoder that a bundle of scVI or SCimilarity holds)
    #[arg(long, value_name = "DIR", num_args = 1..)]
    model: Vec<PathBuf>,
    /// Gene tables that the bundles were made with, where they were
    #[arg(long, value_name = "FILE", num_args = 1..)]
    gene_info: Vec<PathBuf>,
    /// Gene sets (GMT) with the marker genes of cell types, each named like its label: concepts of high coefficient are held against
    /// them
    #[arg(long, value_name = "GMT", num_args = 1..)]
    markers: Vec<PathBuf>,
    /// The cells are simulated: score what is recovered of the planted programs
    #[arg(long)]
    truth: bool,
    /// Write a copy of the bundle that holds the report as well, under a new tag; of several bundles one folder each, named by
    /// their tags
    #[arg(long, value_name = "BUNDLE")]
    into_bundle: Option<PathBuf>,
    /// Seed of everything that is drawn
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Items of each baseline whose genes and labels are read through the model, the strongest ones (default: 20, and 5 where
    /// each swap of a gene is a pass of a large model; 0 reads none)
    #[arg(long, value_name = "N")]
    items: Option<u32>,
    /// Trainings of the same dictionary with other seeds, to see what comes back
    #[arg(long, value_name = "N", default_value_t = 5)]
    seeds: u32,
    /// Tables that are left out
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    skip: Vec<String>,
    /// cpu, cuda or cuda:N; a device that is not there is an error
    #[arg(long, default_value = "cpu", value_parser = Device::parse)]
    device: Device,
    #[command(flatten)]
    runtime: RuntimeArgs,
}

/// Runs the command.
///
/// # Errors
/// If a bundle cannot be read, or the report not be written.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let options = Options {
        bundles: args.bundles,
        out: args.out,
        overwrite: args.overwrite,
        cells: args.cells,
        models: args.model,
        gene_info: args.gene_info,
        markers: args.markers,
        truth: args.truth,
        into_bundle: args.into_bundle,
        seed: args.seed,
        items: args.items,
        seeds: args.seeds,
        skip: args.skip,
        place: args.runtime.place(args.device),
    };
    let report = evaluate::run(&options, &global.progress())?;
    if global.json {
        outln!("{}", serde_json::to_string(&report)?);
    } else if !global.quiet {
        say(&report, &options);
    }
    Ok(())
}

fn say(report: &Report, options: &Options) {
    for (name, rows) in &report.tables {
        errln!("{name:<26} {rows} rows");
    }
    let mut about = "";
    for answer in &report.claims {
        if answer.bundle != about && report.bundles.len() > 1 {
            errln!("{}", answer.bundle);
        }
        about = &answer.bundle;
        errln!("{:<14} {}", answer.agrees, answer.claim);
    }
    errln!("written to {}", options.out.display());
}
