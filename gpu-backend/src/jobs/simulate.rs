//! Cells with planted gene programs.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use cellprism_core::cells::{
    GeneNames,
    simulate::{SimulateOptions, Simulation, TrueSet, simulate, true_sets},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    files::h5ad::{self, Extras},
    work::{atomic::OutputFile, memory, regular},
};

/// What is simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Cells.
    pub cells: usize,
    /// Genes.
    pub genes: usize,
    /// Planted programs: cycling, an interferon-like response, and one for each cell type.
    pub programs: usize,
    /// Further programs in each cell type: its subtypes.
    pub children: usize,
    /// Further programs, each in 0.1 to 1 % of the cells.
    pub rare: usize,
    /// Share of a program's genes that it has from the program before.
    pub overlap: f64,
    /// Whether programs are active to any degree.
    pub graded: bool,
    /// Donors, each with its own small shift of every gene.
    pub donors: usize,
    /// Batches, each with its own shift of every gene; one is none.
    pub batches: usize,
    /// Standard deviation of the batches' shifts, as natural logarithms.
    pub batch_effect: f64,
    /// Median total count of a cell.
    pub depth: f64,
    /// Share of ambient counts.
    pub ambient: f64,
    /// The same seed gives the same file.
    pub seed: u64,
    /// Names of the genes, one a line.
    pub gene_names: Option<PathBuf>,
    /// The h5ad file to write.
    pub out: PathBuf,
    /// Gene sets to write: the programs, and decoys.
    pub gene_sets_out: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        let plain = SimulateOptions::default();
        Self {
            cells: plain.cells,
            genes: plain.genes,
            programs: plain.programs,
            children: plain.children,
            rare: plain.rare,
            overlap: plain.overlap,
            graded: plain.graded,
            donors: plain.donors,
            batches: plain.batches,
            batch_effect: plain.batch_effect,
            depth: plain.depth,
            ambient: plain.ambient,
            seed: plain.seed,
            gene_names: None,
            out: PathBuf::new(),
            gene_sets_out: None,
        }
    }
}

/// What is in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Cells.
    pub cells: usize,
    /// Genes.
    pub genes: usize,
    /// Counts above zero.
    pub nonzero: usize,
    /// Names of the planted programs.
    pub programs: Vec<String>,
}

/// Simulates and writes.
///
/// # Errors
/// If the wishes contradict each other, or the file exists or cannot be written.
pub fn run(asked: &Options) -> anyhow::Result<Report> {
    let out = &asked.out;
    for path in [Some(out), asked.gene_sets_out.as_ref()].into_iter().flatten() {
        if path.exists() {
            bail!("{} exists already: choose another name or remove it", path.display());
        }
    }
    let claimed = OutputFile::claim(out, "simulate")?;
    let claimed_sets =
        asked.gene_sets_out.as_deref().map(|path| OutputFile::claim(path, "simulate")).transpose()?;
    let options = SimulateOptions {
        cells: asked.cells,
        genes: asked.genes,
        programs: asked.programs,
        children: asked.children,
        rare: asked.rare,
        overlap: asked.overlap,
        graded: asked.graded,
        donors: asked.donors,
        batches: asked.batches,
        batch_effect: asked.batch_effect,
        depth: asked.depth,
        ambient: asked.ambient,
        seed: asked.seed,
    };
    let names = asked.gene_names.as_deref().map(|path| gene_names(path, asked.genes)).transpose()?;
    options.check()?;
    memory::check(memory_of(&options))?;
    let mut simulation = simulate(&options)?;
    if let Some(names) = names {
        simulation.cells.genes = GeneNames::from_index(names);
    }
    let sets = asked.gene_sets_out.as_ref().map(|_| gmt(&simulation));
    let mut about = json!({
        "programs": simulation.programs,
        "cells": asked.cells, "genes": asked.genes, "donors": asked.donors,
        "depth": asked.depth, "ambient": asked.ambient, "seed": asked.seed, "generator": "Xoshiro256++",
        "software": concat!("cellprism ", env!("CARGO_PKG_VERSION")),
    });
    tell_extras(&options, &simulation, &mut about);
    let Simulation { cells, programs, effects, activity, .. } = simulation;
    let extras = Extras {
        by_cell: vec![("program_activity".into(), programs.len(), activity)],
        by_gene: vec![("program_effect".into(), programs.len(), effects)],
        texts: vec![("simulation".into(), about.to_string())],
        ..Extras::default()
    };
    let bytes = h5ad::to_bytes(&cells, &extras).context("encoding the h5ad file")?;
    claimed.finish(&bytes)?;
    if let (Some(claimed), Some(sets)) = (claimed_sets, &sets) {
        claimed.finish(sets.as_bytes())?;
    }
    Ok(Report { cells: asked.cells, genes: asked.genes, nonzero: cells.counts.nnz(), programs })
}

/// Bytes that a simulation takes, roughly: counts once as they are and once as they are written, activities, effects.
fn memory_of(options: &SimulateOptions) -> u64 {
    let (cells, genes) = (options.cells as f64, options.genes as f64);
    let counts = cells * genes.min(0.6 * options.depth) * 16.0;
    let programs = (options.programs * (1 + options.children) + options.rare) as f64;
    (counts + 8.0 * (cells + genes) * programs) as u64
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
    let line = |set: TrueSet| {
        let genes: Vec<&str> = set.genes.iter().map(|&gene| names[gene].as_str()).collect();
        format!("{}\tmean count {:.4}\t{}\n", set.name, set.mean, genes.join("\t"))
    };
    true_sets(simulation).into_iter().map(line).collect()
}

/// The first `count` names of a list.
fn gene_names(path: &Path, count: usize) -> anyhow::Result<Vec<String>> {
    let read = || format!("cannot read {}", path.display());
    let text = regular::text(path, regular::LIST).with_context(read)?;
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
