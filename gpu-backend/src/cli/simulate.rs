//! `cellprism simulate`: cells with planted gene programs.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use cellprism_core::cells::simulate::{SimulateOptions, Simulation, simulate};
use serde_json::json;

use super::Global;
use crate::{
    files::h5ad::{self, Extras},
    work::atomic,
};

/// Options of `cellprism simulate`.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Example:\n  cellprism simulate --cells 3000 --genes 1500 --programs 12 --seed 1 --out sim.h5ad\n\n\
    The truth is in the file: obs (cell_type, donor_id, condition, cycling), obsm/program_activity (cells × programs),\n\
    varm/program_effect (genes × programs, natural logarithm), uns/simulation (names and parameters, JSON)."
)]
pub struct Args {
    /// Cells
    #[arg(long, default_value_t = 3000)]
    pub cells: usize,
    /// Genes
    #[arg(long, default_value_t = 1500)]
    pub genes: usize,
    /// Planted programs: cycling, an interferon-like response, and one for each cell type
    #[arg(long, default_value_t = 12)]
    pub programs: usize,
    /// Donors, each with its own small shift of every gene
    #[arg(long, default_value_t = 4)]
    pub donors: usize,
    /// Median total count of a cell
    #[arg(long, default_value_t = 4000.0)]
    pub depth: f64,
    /// Share of ambient counts
    #[arg(long, default_value_t = 0.05)]
    pub ambient: f64,
    /// Seed; the same seed gives the same file
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The h5ad file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Simulates and writes.
///
/// # Errors
/// If the wishes contradict each other, or the file exists or cannot be written.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    if args.out.exists() {
        bail!("{} exists already: choose another name or remove it", args.out.display());
    }
    let options = SimulateOptions {
        cells: args.cells,
        genes: args.genes,
        programs: args.programs,
        donors: args.donors,
        depth: args.depth,
        ambient: args.ambient,
        seed: args.seed,
    };
    let simulation = simulate(&options)?;
    let about = json!({
        "programs": simulation.programs,
        "cells": args.cells, "genes": args.genes, "donors": args.donors,
        "depth": args.depth, "ambient": args.ambient, "seed": args.seed, "generator": "Xoshiro256++",
        "software": concat!("cellprism ", env!("CARGO_PKG_VERSION")),
    });
    let Simulation { cells, programs, effects, activity } = simulation;
    let extras = Extras {
        by_cell: vec![("program_activity".into(), programs.len(), activity)],
        by_gene: vec![("program_effect".into(), programs.len(), effects)],
        texts: vec![("simulation".into(), about.to_string())],
    };
    let bytes = h5ad::to_bytes(&cells, &extras).context("encoding the h5ad file")?;
    atomic::write_file(&args.out, &bytes).with_context(|| format!("cannot write {}", args.out.display()))?;
    if global.json {
        let nonzero = cells.counts.nnz();
        println!(
            "{}",
            json!({"cells": args.cells, "genes": args.genes, "programs": programs, "nonzero": nonzero})
        );
    } else if !global.quiet {
        let out = args.out.display();
        eprintln!("{out}: {} cells, {} genes, {} programs", args.cells, args.genes, programs.len());
    }
    Ok(())
}
