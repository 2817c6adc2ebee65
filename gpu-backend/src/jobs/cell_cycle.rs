//! `cell-cycle`: scores and phases of cells, equal to scanpy's `score_genes_cell_cycle`.

use std::{collections::HashMap, path::PathBuf};

use anyhow::{anyhow, ensure};
use cellprism_core::stats::cell_cycle::{ControlOptions, MeanExpression, Phase, Scorer, phase};
use serde::{Deserialize, Serialize};

use super::inputs::open_cells;
use crate::{
    files::{
        csv::{Table, number},
        h5ad::H5ad,
        lines,
    },
    work::{output::OutputFile, progress::Progress},
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

/// Scores of one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// S score.
    pub s: f64,
    /// G2/M score.
    pub g2m: f64,
    /// The phase that they mean.
    pub phase: Phase,
}

/// Scores of all cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// One a cell, in the file's order.
    pub cells: Vec<Scored>,
    /// Genes of S phase and of G2/M that the data have.
    pub genes: [usize; 2],
    /// Genes of the lists that they do not have.
    pub absent: Vec<String>,
}

/// Scores and writes the table.
///
/// # Errors
/// If a file cannot be read or written, one of the lists is empty, is not in the data, or leaves no control genes.
pub fn run(options: &Options, progress: &dyn Progress) -> anyhow::Result<Report> {
    let out = OutputFile::claim(&options.out, "cell-cycle", &[&options.cells, &options.genes])?;
    let listed = lines::read(&options.genes)?;
    let (total, s) = (listed.len(), options.s_genes);
    ensure!(
        0 < s && s < total,
        "{}: {total} genes, the first {s} of S phase: both lists must have genes",
        options.genes.display()
    );
    let mut cells = open_cells(&options.cells, options.allow_non_integer)?;
    let found = score(&mut cells, [&listed[..s], &listed[s..]], progress)?
        .map_err(|reason| anyhow!("{}: {reason}", options.cells.display()))?;
    let mut table = Table::new(&["cell", "S_score", "G2M_score", "phase"]);
    let mut phases = [0; 3];
    for (name, of) in cells.names().iter().zip(&found.cells) {
        table.row([name, &number(of.s), &number(of.g2m), of.phase.name()]);
        phases[of.phase as usize] += 1;
    }
    out.finish(&table.into_bytes())?;
    let [s_genes, g2m_genes] = found.genes;
    Ok(Report {
        cells: found.cells.len(),
        s_genes,
        g2m_genes,
        absent: found.absent,
        phases,
        out: options.out.clone(),
    })
}

/// Scores all cells for genes of S phase and of G2/M, or says why these data cannot be scored.
///
/// # Errors
/// If the file is damaged.
pub fn score<S: AsRef<str>>(
    cells: &mut H5ad,
    lists: [&[S]; 2],
    progress: &dyn Progress,
) -> anyhow::Result<Result<Found, String>> {
    let mut absent = Vec::new();
    let mut columns = Vec::new();
    for (phase, names) in ["S", "G2/M"].into_iter().zip(lists) {
        match find(names, &cells.genes().index, &mut absent) {
            Ok(found) if found.is_empty() => {
                return Ok(Err(format!(
                    "none of the {} {phase} genes is in the data: are genes named alike? The list has {:?}, the data {:?}",
                    names.len(),
                    names.first().map_or("", S::as_ref),
                    cells.genes().index.first().map_or("", String::as_str)
                )));
            }
            Ok(found) => columns.push(found),
            Err(reason) => return Ok(Err(reason)),
        }
    }
    let steps = progress.begin("score", 2 * cells.len() as u64, "cells, read twice");
    let mut mean = MeanExpression::new(cells.genes().len());
    for chunk in cells.chunks(CHUNK) {
        let (_, counts) = chunk?;
        mean.add(&counts);
        steps.advance(counts.rows as u64);
    }
    let size = lists[0].len().min(lists[1].len());
    let control = ControlOptions { size, ..ControlOptions::default() };
    let scorers = [Scorer::new(&mean, &columns[0], &control), Scorer::new(&mean, &columns[1], &control)];
    let [s, g2m] = match scorers {
        [Ok(s), Ok(g2m)] => [s, g2m],
        [Err(error), _] | [_, Err(error)] => return Ok(Err(error.to_string())),
    };
    let mut scored = Vec::with_capacity(cells.len());
    for chunk in cells.chunks(CHUNK) {
        let (_, counts) = chunk?;
        let scores = s.scores(&counts).into_iter().zip(g2m.scores(&counts));
        scored.extend(scores.map(|(s, g2m)| Scored { s, g2m, phase: phase(s, g2m) }));
        steps.advance(counts.rows as u64);
    }
    steps.finish();
    Ok(Ok(Found { cells: scored, genes: [columns[0].len(), columns[1].len()], absent }))
}

/// Columns of the genes that are there; those that are not join `absent`.
fn find<S: AsRef<str>>(names: &[S], genes: &[String], absent: &mut Vec<String>) -> Result<Vec<u32>, String> {
    let mut places: HashMap<&str, Vec<u32>> = HashMap::new();
    for (place, name) in genes.iter().enumerate() {
        places.entry(name).or_default().push(place as u32);
    }
    let mut columns = Vec::new();
    for name in names.iter().map(S::as_ref) {
        match places.get(name).map_or(&[][..], Vec::as_slice) {
            [] => absent.push(name.to_owned()),
            [column] => columns.push(*column),
            several => {
                return Err(format!(
                    "{} genes are named {name:?}: which one is meant? anndata's var_names_make_unique() gives each a name \
                     of its own",
                    several.len()
                ));
            }
        }
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn genes_are_found_absent_or_ambiguous() {
        let genes: Vec<String> = ["A", "B", "C", "C"].iter().map(|&gene| gene.to_owned()).collect();
        let mut absent = Vec::new();
        assert_eq!(find(&["B", "X", "A"], &genes, &mut absent), Ok(vec![1, 0]));
        assert_eq!(absent, ["X"]);
        assert!(find(&["C"], &genes, &mut absent).unwrap_err().contains("2 genes are named \"C\""));
    }
}
