//! Cells with planted gene programs.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufWriter},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use cellprism_core::cells::{
    GeneNames, Roster,
    simulate::{SimulateOptions, Simulator, TrueSet, Truth, true_sets},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    files::h5ad::{Extras, H5adWriter},
    work::{
        memory,
        output::OutputFile,
        progress::{Progress, Steps},
        regular,
    },
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
pub fn run(asked: &Options, progress: &dyn Progress) -> anyhow::Result<Report> {
    let out = &asked.out;
    for path in [Some(out), asked.gene_sets_out.as_ref()].into_iter().flatten() {
        if path.exists() {
            bail!("{} exists already: choose another name or remove it", path.display());
        }
    }
    let read: Vec<&Path> = asked.gene_names.iter().map(PathBuf::as_path).collect();
    let claimed = OutputFile::claim(out, "simulate", &read)?;
    let claimed_sets =
        asked.gene_sets_out.as_deref().map(|path| OutputFile::claim(path, "simulate", &read)).transpose()?;
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
    let mut simulator = Simulator::new(&options)?;
    let mut roster = simulator.roster();
    if let Some(names) = names {
        roster.genes = GeneNames::from_index(names);
    }
    let mut truth = simulator.truth();
    let mut about = json!({
        "programs": truth.programs,
        "cells": asked.cells, "genes": asked.genes, "donors": asked.donors,
        "depth": asked.depth, "ambient": asked.ambient, "seed": asked.seed, "generator": "Xoshiro256++",
        "software": concat!("cellprism ", env!("CARGO_PKG_VERSION")),
    });
    tell_extras(&options, &truth, &mut about);
    let programs = truth.programs.len();
    let extras = Extras {
        by_cell: vec![("program_activity".into(), programs, std::mem::take(&mut truth.activity))],
        by_gene: vec![("program_effect".into(), programs, truth.effects.clone())],
        texts: vec![("simulation".into(), about.to_string())],
        ..Extras::default()
    };
    let (mut sums, mut nonzero) = (vec![0.0; asked.genes], 0);
    let steps = progress.begin("simulate", asked.cells as u64, "cells");
    claimed.finish_parts(&mut |file| {
        nonzero = write(&mut simulator, &roster, &extras, &mut sums, &*steps, file)?;
        Ok(())
    })?;
    steps.finish();
    if let Some(claimed) = claimed_sets {
        sums.iter_mut().for_each(|sum| *sum /= asked.cells as f64);
        claimed.finish(gmt(&truth, &sums, &roster.genes.index).as_bytes())?;
    }
    Ok(Report { cells: asked.cells, genes: asked.genes, nonzero, programs: truth.programs })
}

/// Writes the file, counts as they are drawn, and adds up those of each gene; returns how many are above zero.
fn write(
    simulator: &mut Simulator,
    roster: &Roster,
    extras: &Extras,
    sums: &mut [f64],
    steps: &dyn Steps,
    file: &mut File,
) -> io::Result<usize> {
    let mut writer = H5adWriter::new(BufWriter::with_capacity(1 << 20, file), roster.genes.len())?;
    while let Some(parts) = simulator.rows() {
        for rows in parts {
            for (&gene, &count) in rows.indices.iter().zip(&rows.values) {
                sums[gene as usize] += f64::from(count);
            }
            writer.push(&rows)?;
            steps.advance(rows.rows as u64);
        }
    }
    let nonzero = writer.nonzero();
    writer.finish(roster, extras)?;
    Ok(nonzero)
}

/// Bytes that a simulation takes, roughly: names, states and activities of cells, levels and effects of genes.
fn memory_of(options: &SimulateOptions) -> u64 {
    let (cells, genes) = (options.cells as f64, options.genes as f64);
    let programs = options.all_programs() as f64;
    let groups = (options.donors + options.batches + 64) as f64;
    (cells * (300.0 + 12.0 * programs) + genes * (200.0 + 8.0 * groups + 12.0 * programs)) as u64 + (64 << 20)
}

/// What is told of options beyond the plain ones; nothing where none was asked for, so that files stay as they were.
fn tell_extras(options: &SimulateOptions, truth: &Truth, about: &mut Value) {
    if options.children > 0 {
        let name = |place: usize| truth.programs[place].as_str();
        let parents: serde_json::Map<String, Value> = truth
            .parents
            .iter()
            .map(|&(child, parent)| (name(child).to_owned(), name(parent).into()))
            .collect();
        about["parents"] = parents.into();
        about["children"] = options.children.into();
    }
    if options.rare > 0 {
        let first = truth.programs.len() - options.rare;
        about["rare"] = truth.programs[first..].into();
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
fn gmt(truth: &Truth, means: &[f64], names: &[String]) -> String {
    let line = |set: TrueSet| {
        let genes: Vec<&str> = set.genes.iter().map(|&gene| names[gene].as_str()).collect();
        format!("{}\tmean count {:.4}\t{}\n", set.name, set.mean, genes.join("\t"))
    };
    true_sets(truth, means).into_iter().map(line).collect()
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
