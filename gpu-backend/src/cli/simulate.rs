//! `cellprism simulate`: cells with planted gene programs.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use cellprism_core::cells::{
    GeneNames,
    simulate::{SimulateOptions, Simulation, simulate, true_sets},
};
use serde_json::{Value, json};

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
    varm/program_effect (genes × programs, natural logarithm), uns/simulation (names and parameters, JSON). --children adds\nobs cell_subtype, --rare obs rare, --batches obs batch. --gene-sets-out writes each program as a gene set, and as many\ndecoys that nothing raises."
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
    /// Further programs in each cell type: its subtypes
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub children: usize,
    /// Further programs, each in 0.1 to 1 % of the cells
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub rare: usize,
    /// Share of a program's genes that it has from the program before (0 to 0.5)
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub overlap: f64,
    /// Programs are active to any degree, from a tenth to all, instead of nearly all or nothing
    #[arg(long)]
    pub graded: bool,
    /// Donors, each with its own small shift of every gene
    #[arg(long, default_value_t = 4)]
    pub donors: usize,
    /// Batches, each with its own shift of every gene (1: none)
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub batches: usize,
    /// Standard deviation of the batches' shifts, as natural logarithms
    #[arg(long, value_name = "SD", default_value_t = 0.3)]
    pub batch_effect: f64,
    /// Median total count of a cell
    #[arg(long, default_value_t = 4000.0)]
    pub depth: f64,
    /// Share of ambient counts
    #[arg(long, default_value_t = 0.05)]
    pub ambient: f64,
    /// Seed; the same seed gives the same file
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Names of the genes, one a line (of a table the first column); the first --genes of them are taken (default: SIM00001 …)
    #[arg(long, value_name = "LIST")]
    pub gene_names: Option<PathBuf>,
    /// The h5ad file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Gene sets to write (.gmt): one a program, named by it, and as many named "decoy …", of the same size and mean
    /// count but of genes that no program raises
    #[arg(long, value_name = "GMT")]
    pub gene_sets_out: Option<PathBuf>,
}

/// Simulates and writes.
///
/// # Errors
/// If the wishes contradict each other, or the file exists or cannot be written.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    for path in [Some(&args.out), args.gene_sets_out.as_ref()].into_iter().flatten() {
        if path.exists() {
            bail!("{} exists already: choose another name or remove it", path.display());
        }
    }
    let options = SimulateOptions {
        cells: args.cells,
        genes: args.genes,
        programs: args.programs,
        children: args.children,
        rare: args.rare,
        overlap: args.overlap,
        graded: args.graded,
        donors: args.donors,
        batches: args.batches,
        batch_effect: args.batch_effect,
        depth: args.depth,
        ambient: args.ambient,
        seed: args.seed,
    };
    let names = args.gene_names.as_deref().map(|path| gene_names(path, args.genes)).transpose()?;
    let mut simulation = simulate(&options)?;
    if let Some(names) = names {
        simulation.cells.genes = GeneNames::from_index(names);
    }
    let sets = args.gene_sets_out.as_ref().map(|_| gmt(&simulation));
    let mut about = json!({
        "programs": simulation.programs,
        "cells": args.cells, "genes": args.genes, "donors": args.donors,
        "depth": args.depth, "ambient": args.ambient, "seed": args.seed, "generator": "Xoshiro256++",
        "software": concat!("cellprism ", env!("CARGO_PKG_VERSION")),
    });
    tell_extras(&options, &simulation, &mut about);
    let Simulation { cells, programs, effects, activity, .. } = simulation;
    let extras = Extras {
        by_cell: vec![("program_activity".into(), programs.len(), activity)],
        by_gene: vec![("program_effect".into(), programs.len(), effects)],
        texts: vec![("simulation".into(), about.to_string())],
    };
    let bytes = h5ad::to_bytes(&cells, &extras).context("encoding the h5ad file")?;
    atomic::write_file(&args.out, &bytes).with_context(|| format!("cannot write {}", args.out.display()))?;
    if let (Some(path), Some(sets)) = (&args.gene_sets_out, &sets) {
        atomic::write_file(path, sets.as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
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

/// What is told of options beyond the plain ones; nothing where none was asked for, so that files stay as they were.
fn tell_extras(options: &SimulateOptions, simulation: &Simulation, about: &mut Value) {
    if options.children > 0 {
        let name = |place: usize| simulation.programs[place].as_str();
        let parents: serde_json::Map<String, Value> = simulation
            .parents
            .iter()
            .map(|&(child, parent)| (name(child).to_owned(), name(parent).into()))
            .collect();
        about["parents"] = parents.into();
        about["children"] = options.children.into();
    }
    if options.rare > 0 {
        let first = simulation.programs.len() - options.rare;
        about["rare"] = simulation.programs[first..].into();
    }
    if options.overlap > 0.0 {
        about["overlap"] = options.overlap.into();
    }
    if options.graded {
        about["graded"] = true.into();
    }
    if options.batches > 1 {
        about["batches"] = options.batches.into();
        about["batch_effect"] = options.batch_effect.into();
    }
}

/// The true sets and their decoys, a line each.
fn gmt(simulation: &Simulation) -> String {
    let names = &simulation.cells.genes.index;
    let line = |set: cellprism_core::cells::simulate::TrueSet| {
        let genes: Vec<&str> = set.genes.iter().map(|&gene| names[gene].as_str()).collect();
        format!("{}\tmean count {:.4}\t{}\n", set.name, set.mean, genes.join("\t"))
    };
    true_sets(simulation).into_iter().map(line).collect()
}

/// Largest list of names that is read.
const LARGEST_LIST: u64 = 1 << 26;

/// The first `count` names of a list.
fn gene_names(path: &Path, count: usize) -> anyhow::Result<Vec<String>> {
    let read = || format!("cannot read {}", path.display());
    let bytes = std::fs::metadata(path).with_context(read)?.len();
    ensure!(bytes <= LARGEST_LIST, "{}: {bytes} bytes are no list of genes", path.display());
    let text = std::fs::read_to_string(path).with_context(read)?;
    let mut seen = HashSet::new();
    let mut names = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let name = line.split('\t').next().unwrap_or_default().trim();
        if name.is_empty() || line.starts_with('#') {
            continue;
        }
        if names.len() == count {
            break;
        }
        let place = || format!("{}, line {}", path.display(), number + 1);
        ensure!(!name.contains(','), "{}: {name:?} has a comma, which gene sets take for a weight", place());
        ensure!(
            seen.insert(name.to_owned()),
            "{}: {name:?} is there twice; each gene needs a name of its own",
            place()
        );
        names.push(name.to_owned());
    }
    ensure!(
        names.len() == count,
        "{} has {} names, but {count} genes are asked for: give a longer list or a smaller --genes",
        path.display(),
        names.len()
    );
    Ok(names)
}
