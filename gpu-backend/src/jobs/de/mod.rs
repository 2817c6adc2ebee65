//! `de`: differential expression between two groups of cells, gene by gene, equal to scanpy's `rank_genes_groups`.
//!
//! Cells are read some at a time: once for means, variances and detection; for Wilcoxon's test again, for as many genes at
//! a time as memory is allowed to hold.

mod contrast;
mod table;

use std::path::{Path, PathBuf};

use cellprism_core::stats::differential::{BothSides, Contrast, GeneDifference, Method, Tested, Values};
use serde::{Deserialize, Serialize};

use super::inputs::open_cells;
use crate::{
    files::h5ad::H5ad,
    work::{output::OutputFile, progress::Progress},
};

/// Cells read at a time.
const CHUNK: usize = 1024;
/// Non-zero values that Wilcoxon's test holds at a time: 16 bytes each.
const HELD: usize = 1 << 24;

/// Which test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Test {
    /// Welch's t-test.
    #[default]
    #[serde(rename = "t-test")]
    TTest,
    /// Welch's t-test with the reference taken to be as small as the group.
    #[serde(rename = "t-test_overestim_var")]
    TTestOverestimVar,
    /// Wilcoxon's rank-sum test.
    #[serde(rename = "wilcoxon")]
    Wilcoxon,
}

/// Which cells are compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Groups {
    /// By a column of the cells' metadata.
    Column {
        /// The column.
        column: String,
        /// The label of the group.
        group: String,
        /// The label of the reference; none: all other cells.
        reference: Option<String>,
    },
    /// By lists of cells, one name a line.
    Files {
        /// The group.
        group: PathBuf,
        /// The reference; none: all other cells.
        reference: Option<PathBuf>,
    },
}

/// What is compared.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Cells with raw counts (.h5ad).
    pub cells: PathBuf,
    /// Accept counts that are not whole numbers.
    #[serde(default)]
    pub allow_non_integer: bool,
    /// Which cells.
    pub groups: Groups,
    /// How genes are tested.
    #[serde(default)]
    pub method: Test,
    /// Whether Wilcoxon's test corrects for ties.
    #[serde(default)]
    pub tie_correct: bool,
    /// The table to write.
    pub out: PathBuf,
}

impl Options {
    /// Files that are read.
    fn inputs(&self) -> Vec<&Path> {
        let lists = match &self.groups {
            Groups::Files { group, reference } => [Some(group), reference.as_ref()],
            Groups::Column { .. } => [None, None],
        };
        lists.into_iter().flatten().chain([&self.cells]).map(PathBuf::as_path).collect()
    }
}

/// What was compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Cells of the group.
    pub group: usize,
    /// Cells of the reference.
    pub reference: usize,
    /// Genes, all of them tested.
    pub genes: usize,
    /// Genes with an adjusted p of at most 0.05.
    pub significant: usize,
    /// The table.
    pub out: PathBuf,
}

/// Compares and writes the table.
///
/// # Errors
/// If a file cannot be read or written, a column, label or cell is unknown, a side has fewer than two cells, or a cell is on
/// both sides.
pub fn run(options: &Options, progress: &dyn Progress) -> anyhow::Result<Report> {
    let out = OutputFile::claim(&options.out, "de", &options.inputs())?;
    let mut cells = open_cells(&options.cells, options.allow_non_integer)?;
    let contrast = contrast::of(&options.groups, &cells, &options.cells)?;
    let method = match options.method {
        Test::TTest => Method::TTest,
        Test::TTestOverestimVar => Method::TTestOverestimVar,
        Test::Wilcoxon => Method::Wilcoxon { correct_ties: options.tie_correct },
    };
    let found = compare(&mut cells, &contrast, method, HELD, progress)?;
    let content = table::csv(&found, &cells.genes().index);
    out.finish(&content)?;
    Ok(Report {
        group: contrast.group(),
        reference: contrast.reference(),
        genes: found.len(),
        significant: found.iter().filter(|gene| gene.p_adjusted <= 0.05).count(),
        out: options.out.clone(),
    })
}

/// Every gene, scores falling; `held` limits the values in memory at a time.
fn compare(
    cells: &mut H5ad,
    contrast: &Contrast,
    method: Method,
    held: usize,
    progress: &dyn Progress,
) -> anyhow::Result<Vec<GeneDifference>> {
    let genes = cells.genes().len();
    let steps = progress.begin("read", cells.len() as u64, "cells");
    let mut sides = BothSides::new(genes);
    for chunk in cells.chunks(CHUNK) {
        let (first, counts) = chunk?;
        sides.add(first, &counts, contrast);
        steps.advance(counts.rows as u64);
    }
    steps.finish();
    let tested = match method {
        Method::TTest => sides.t_test(false),
        Method::TTestOverestimVar => sides.t_test(true),
        Method::Wilcoxon { correct_ties } => {
            let steps = progress.begin("rank", genes as u64, "genes");
            let mut tested: Vec<Tested> = Vec::with_capacity(genes);
            while tested.len() < genes {
                let start = tested.len();
                let end = pass_end(start, genes, held, |gene| sides.detections(gene));
                let mut values = Values::new(start..end);
                for chunk in cells.chunks(CHUNK) {
                    let (first, counts) = chunk?;
                    values.add(first, &counts, contrast);
                }
                tested.extend(values.test(contrast, correct_ties));
                steps.advance((end - start) as u64);
            }
            steps.finish();
            tested
        }
    };
    Ok(sides.genes(&tested))
}

/// Where a pass over the cells ends that begins at gene `start`: as many genes as are held, but at least one.
fn pass_end(start: usize, genes: usize, held: usize, detections: impl Fn(usize) -> usize) -> usize {
    let (mut end, mut values) = (start + 1, detections(start));
    while end < genes && values + detections(end) <= held {
        values += detections(end);
        end += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::pass_end;

    #[test]
    fn a_pass_holds_what_it_may_and_one_gene_always() {
        let detections = [5, 3, 2, 9, 0];
        let ends: Vec<usize> = (0..5).map(|start| pass_end(start, 5, 6, |gene| detections[gene])).collect();
        assert_eq!(ends, [1, 3, 3, 4, 5]);
    }
}
