//! Cells with planted gene programs.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use cellprism_core::cells::simulate::{SimulateOptions, Simulation, simulate};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    files::h5ad::{self, Extras},
    work::atomic,
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
    /// Donors, each with its own small shift of every gene.
    pub donors: usize,
    /// Median total count of a cell.
    pub depth: f64,
    /// Share of ambient counts.
    pub ambient: f64,
    /// The same seed gives the same file.
    pub seed: u64,
    /// The h5ad file to write.
    pub out: PathBuf,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cells: 3000,
            genes: 1500,
            programs: 12,
            donors: 4,
            depth: 4000.0,
            ambient: 0.05,
            seed: 1,
            out: PathBuf::new(),
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
    if out.exists() {
        bail!("{} exists already: choose another name or remove it", out.display());
    }
    let options = SimulateOptions {
        cells: asked.cells,
        genes: asked.genes,
        programs: asked.programs,
        donors: asked.donors,
        depth: asked.depth,
        ambient: asked.ambient,
        seed: asked.seed,
    };
    let simulation = simulate(&options)?;
    let about = json!({
        "programs": simulation.programs,
        "cells": asked.cells, "genes": asked.genes, "donors": asked.donors,
        "depth": asked.depth, "ambient": asked.ambient, "seed": asked.seed, "generator": "Xoshiro256++",
        "software": concat!("cellprism ", env!("CARGO_PKG_VERSION")),
    });
    let Simulation { cells, programs, effects, activity } = simulation;
    let extras = Extras {
        by_cell: vec![("program_activity".into(), programs.len(), activity)],
        by_gene: vec![("program_effect".into(), programs.len(), effects)],
        texts: vec![("simulation".into(), about.to_string())],
    };
    let bytes = h5ad::to_bytes(&cells, &extras).context("encoding the h5ad file")?;
    atomic::write_file(out, &bytes).with_context(|| format!("cannot write {}", out.display()))?;
    Ok(Report { cells: asked.cells, genes: asked.genes, nonzero: cells.counts.nnz(), programs })
}
