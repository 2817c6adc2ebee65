//! `cell-cycle`: scores and phases of cells, equal to scanpy's `score_genes_cell_cycle`.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use cellprism_core::stats::cell_cycle::{ControlOptions, MeanExpression, Scorer, phase};
use serde::{Deserialize, Serialize};

use super::inputs::open_cells;
use crate::{
    files::{
        csv::{Table, number},
        h5ad::H5ad,
        lines,
    },
    work::{atomic, progress::Progress, target},
};

/// Cells read at a time.
const CHUNK: usize = 1024;

/// What is scored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Cells with raw counts (.h5ad).
    pub cells: PathBuf,
    /// Accept counts that are not whole numbers.
    #[serde(default)]
    pub allow_non_integer: bool,
    /// Genes, one a line: those of S phase first, then those of G2 and M.
    pub genes: PathBuf,
    /// How many of them are of S phase.
    pub s_genes: usize,
    /// The table to write.
    pub out: PathBuf,
}

/// What was scored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Cells.
    pub cells: usize,
    /// Genes of S phase that the data have.
    pub s_genes: usize,
    /// Genes of G2 and M that the data have.
    pub g2m_genes: usize,
    /// Genes of the list that they do not.
    pub absent: Vec<String>,
    /// Cells in each phase: G1, S, G2/M.
    pub phases: [usize; 3],
    /// The table.
    pub out: PathBuf,
}

/// Scores and writes the table.
///
/// # Errors
/// If a file cannot be read or written, one of the lists is empty, is not in the data, or leaves no control genes.
pub fn run(options: &Options, progress: &dyn Progress) -> anyhow::Result<Report> {
    target::for_file(&options.out)?;
    let listed = lines::read(&options.genes)?;
    let (total, s) = (listed.len(), options.s_genes);
    ensure!(
        0 < s && s < total,
        "{}: {total} genes, the first {s} of S phase: both lists must have genes",
        options.genes.display()
    );
    let mut cells = open_cells(&options.cells, options.allow_non_integer)?;
    let mut absent = Vec::new();
    let mut columns = |phase: &str, names: &[String]| -> anyhow::Result<Vec<u32>> {
        let (found, missing) = find(names, &cells, &options.cells)?;
        ensure!(
            !found.is_empty(),
            "{}: none of the {} {phase} genes of {} is there: are the genes named alike? The list has {:?}, the data {:?}",
            options.cells.display(),
            names.len(),
            options.genes.display(),
            names[0],
            cells.genes().index.first().map_or("", String::as_str)
        );
        absent.extend(missing);
        Ok(found)
    };
    let (s_columns, g2m_columns) = (columns("S", &listed[..s])?, columns("G2/M", &listed[s..])?);
    let control = ControlOptions { size: s.min(total - s), ..ControlOptions::default() };
    let (content, phases) = score(&mut cells, [&s_columns, &g2m_columns], &control, progress)?;
    atomic::write_file(&options.out, &content)
        .with_context(|| format!("cannot write {}", options.out.display()))?;
    let (s_genes, g2m_genes) = (s_columns.len(), g2m_columns.len());
    Ok(Report { cells: cells.len(), s_genes, g2m_genes, absent, phases, out: options.out.clone() })
}

/// Columns of the genes that are there, and names of those that are not.
fn find(names: &[String], cells: &H5ad, path: &Path) -> anyhow::Result<(Vec<u32>, Vec<String>)> {
    let mut places: HashMap<&str, Vec<u32>> = HashMap::new();
    for (place, name) in cells.genes().index.iter().enumerate() {
        places.entry(name).or_default().push(place as u32);
    }
    let (mut columns, mut absent) = (Vec::new(), Vec::new());
    for name in names {
        match places.get(name.as_str()).map_or(&[][..], Vec::as_slice) {
            [] => absent.push(name.clone()),
            [column] => columns.push(*column),
            several => bail!(
                "{}: {} genes are named {name:?}: which one is meant? anndata's var_names_make_unique() gives each a name \
                 of its own",
                path.display(),
                several.len()
            ),
        }
    }
    Ok((columns, absent))
}

/// The table, and how many cells are in each phase.
fn score(
    cells: &mut H5ad,
    [s, g2m]: [&[u32]; 2],
    control: &ControlOptions,
    progress: &dyn Progress,
) -> anyhow::Result<(Vec<u8>, [usize; 3])> {
    let steps = progress.begin("score", 2 * cells.len() as u64, "cells, read twice");
    let mut mean = MeanExpression::new(cells.genes().len());
    for chunk in cells.chunks(CHUNK) {
        let (_, counts) = chunk?;
        mean.add(&counts);
        steps.advance(counts.rows as u64);
    }
    let s = Scorer::new(&mean, s, control).context("genes of S phase")?;
    let g2m = Scorer::new(&mean, g2m, control).context("genes of G2 and M")?;
    let names = cells.names().to_vec();
    let mut table = Table::new(&["cell", "S_score", "G2M_score", "phase"]);
    let mut phases = [0; 3];
    for chunk in cells.chunks(CHUNK) {
        let (first, counts) = chunk?;
        for (row, (s, g2m)) in s.scores(&counts).into_iter().zip(g2m.scores(&counts)).enumerate() {
            let phase = phase(s, g2m);
            phases[phase as usize] += 1;
            table.row([&names[first + row], &number(s), &number(g2m), phase.name()]);
        }
        steps.advance(counts.rows as u64);
    }
    steps.finish();
    Ok((table.into_bytes(), phases))
}
