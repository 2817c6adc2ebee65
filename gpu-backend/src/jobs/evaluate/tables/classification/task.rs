//! Cells with labels, in training and test: as many of each class as the paper takes, or as there are.

use cellprism_core::{
    classification::{Part, PartSizes, split},
    stats::cell_cycle::{G2M_GENES, S_GENES},
};

use crate::jobs::{
    cell_cycle::{self, Scored},
    evaluate::{Evidence, Table},
    inputs::open_cells,
};
use crate::work::progress::Silent;

/// Cells of a class in the paper: of cell types, and of phases.
const OF_TYPES: PartSizes = PartSizes { train: 6000, test: 2000 };
const OF_PHASES: PartSizes = PartSizes { train: 10_000, test: 1000 };
/// Iterations in the paper.
const ITERATIONS_OF_TYPES: usize = 50;
const ITERATIONS_OF_PHASES: usize = 100;
/// Cells from which on a class takes part.
const LEAST: usize = 10;

/// A task.
pub struct Task {
    /// Labels, sorted.
    pub classes: Vec<String>,
    /// Cell, class, part; cells increasing.
    pub cells: Vec<(usize, usize, Part)>,
    /// Iterations that the paper allows.
    pub paper_iterations: usize,
    /// Classes with too few cells, in words.
    pub left_out: String,
}

impl Task {
    /// Cells of one part.
    pub fn rows(&self, part: Part) -> Vec<usize> {
        self.cells.iter().filter(|cell| cell.2 == part).map(|cell| cell.0).collect()
    }

    /// Their classes.
    pub fn codes(&self, part: Part) -> Vec<usize> {
        self.cells.iter().filter(|cell| cell.2 == part).map(|cell| cell.1).collect()
    }

    /// The class of most training cells; of several the first.
    pub fn most_common(&self) -> usize {
        let mut counts = vec![0usize; self.classes.len()];
        self.codes(Part::Train).into_iter().for_each(|class| counts[class] += 1);
        (0..counts.len()).fold(0, |best, class| if counts[class] > counts[best] { class } else { best })
    }

    /// A task of labelled cells; a label is none where it is empty.
    fn of(labels: &[&str], sizes: PartSizes, paper_iterations: usize, seed: u64) -> Result<Self, String> {
        let mut counts = std::collections::BTreeMap::new();
        labels
            .iter()
            .filter(|label| !label.is_empty())
            .for_each(|label| *counts.entry(*label).or_insert(0) += 1);
        let few = counts.iter().filter(|(_, count)| **count < LEAST);
        let left_out =
            few.map(|(label, count)| format!("{label} ({count} cells)")).collect::<Vec<_>>().join(", ");
        let classes: Vec<String> = counts
            .iter()
            .filter(|(_, count)| **count >= LEAST)
            .map(|(label, _)| (*label).to_owned())
            .collect();
        if classes.len() < 2 {
            return Err(format!(
                "{} labels with at least {LEAST} cells; two are needed to tell apart",
                classes.len()
            ));
        }
        let codes: Vec<Option<usize>> = labels
            .iter()
            .map(|label| classes.binary_search_by(|class| class.as_str().cmp(label)).ok())
            .collect();
        let parts = split(&codes, sizes, seed);
        let cells = parts.into_iter().filter_map(|(cell, part)| Some((cell, codes[cell]?, part))).collect();
        Ok(Self { classes, cells, paper_iterations, left_out })
    }
}

/// Cell types: the labels of the bundle's primary column.
pub fn cell_types(evidence: &Evidence, seed: u64) -> Result<Task, String> {
    let column = evidence.primary().ok_or_else(|| {
        let names: Vec<&str> = evidence.columns.iter().map(|column| column.name.as_str()).collect();
        if names.is_empty() {
            return "the cells have no metadata, so no column of kinds of cells".to_owned();
        }
        format!("none of the cells' columns ({}) tells kinds of cells by two labels", names.join(", "))
    })?;
    let labels: Vec<&str> =
        (0..column.codes.len()).map(|cell| column.label(cell).unwrap_or_default()).collect();
    Task::of(&labels, OF_TYPES, ITERATIONS_OF_TYPES, seed)
}

/// Phases of all cells by scanpy's scores, or why there are none; adds them to the table.
///
/// # Errors
/// If the cells' file is damaged.
pub fn phases(evidence: &Evidence, table: &mut Table) -> anyhow::Result<Result<Vec<Scored>, String>> {
    let name = evidence.name.as_str();
    let found = match &evidence.given.cells {
        Err(reason) => Err(reason.clone()),
        Ok(path) => {
            let mut cells = open_cells(path, true)?;
            if cells.names() == evidence.names {
                cell_cycle::score(&mut cells, [&S_GENES[..], &G2M_GENES[..]], &Silent)?
                    .map(|found| found.cells)
            } else {
                Err(format!("{} names other cells than the bundle, or in another order", path.display()))
            }
        }
    };
    match &found {
        Ok(scored) => {
            for (cell, of) in evidence.names.iter().zip(scored) {
                table.row(
                    [name.into(), cell.into(), of.s.into(), of.g2m.into(), of.phase.name().into()],
                    None,
                );
            }
        }
        Err(reason) => {
            table.nothing([name.into()], reason);
        }
    }
    Ok(found)
}

/// Phases as a task.
pub fn of_phases(scored: &[Scored], seed: u64) -> Result<Task, String> {
    let labels: Vec<&str> = scored.iter().map(|of| of.phase.name()).collect();
    Task::of(&labels, OF_PHASES, ITERATIONS_OF_PHASES, seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_classes_are_left_out_by_name() {
        let labels: Vec<&str> = (0..60)
            .map(|cell| {
                if cell < 30 {
                    "b"
                } else if cell < 55 {
                    "a"
                } else {
                    "rare"
                }
            })
            .collect();
        let task = Task::of(&labels, PartSizes { train: 15, test: 5 }, 50, 1).unwrap();
        assert_eq!((task.cells.len(), task.most_common()), (40, 0));
        assert_eq!((task.classes, task.left_out.as_str()), (vec!["a".into(), "b".into()], "rare (5 cells)"));
        assert!(task.cells.iter().all(|&(cell, class, _)| class == usize::from(cell < 30)));
        assert!(Task::of(&labels[..30], OF_TYPES, 50, 1).is_err_and(|why| why.contains("1 labels")));
    }
}
