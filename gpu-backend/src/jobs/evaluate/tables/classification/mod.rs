//! What concepts are good for: cell types and cell-cycle phases predicted by logistic regression (Figures 5 and 10).
//!
//! | file | idea |
//! |---|---|
//! | `task` | cells with labels, in training and test |
//! | `features` | what each subject gives a regression |
//! | `coefficients` | the strongest, with what they read as and the markers among their genes |

mod coefficients;
mod features;
mod task;

use std::collections::BTreeMap;

use cellprism_core::{
    classification::{Logistic, LogisticOptions, Part},
    stats::wilson,
};

use self::task::Task;
use crate::jobs::evaluate::{Evaluation, Table};

/// The optimum is searched to this tolerance, within so many iterations.
const EXACT: LogisticOptions = LogisticOptions { c: 1.0, max_iterations: 20_000, tolerance: 1e-8 };

const CLASSIFICATION: [&str; 16] = [
    "bundle",
    "subject",
    "task",
    "accuracy",
    "n_train",
    "n_test",
    "classes",
    "iterations",
    "converged",
    "max_iterations",
    "tolerance",
    "balanced_accuracy",
    "left_out",
    "low",
    "high",
    "most_common",
];

/// All five tables.
pub fn tables(evaluation: &Evaluation<'_>) -> anyhow::Result<Vec<Table>> {
    let mut all = Tables::new();
    for evidence in &evaluation.bundles {
        let name = evidence.name.as_str();
        let cycle = task::phases(evidence, &mut all.cell_cycle)?;
        let tasks = [
            ("cell_type", task::cell_types(evidence, evaluation.options.seed)),
            ("cell_cycle", cycle.and_then(|phases| task::of_phases(&phases, evaluation.options.seed))),
        ];
        for (task_name, task) in &tasks {
            let task = match task {
                Ok(task) => task,
                Err(reason) => {
                    all.nothing(name, None, task_name, reason);
                    continue;
                }
            };
            all.split(name, task_name, task, &evidence.names);
            for (kind, subject) in &evidence.subjects {
                let place = (name, kind.name(), *task_name);
                let subject = match subject {
                    Ok(subject) => subject,
                    Err(reason) => {
                        all.nothing(name, Some(kind.name()), task_name, reason);
                        continue;
                    }
                };
                let features = features::of(subject);
                let as_in_the_paper =
                    LogisticOptions { max_iterations: task.paper_iterations, ..LogisticOptions::default() };
                for options in [as_in_the_paper, EXACT] {
                    let rows = task.rows(Part::Train);
                    let fitted = match Logistic::fit(
                        &features,
                        &rows,
                        &task.codes(Part::Train),
                        task.classes.len(),
                        &options,
                    ) {
                        Ok(fitted) => fitted,
                        Err(error) => {
                            all.nothing(name, Some(kind.name()), task_name, &error.to_string());
                            continue;
                        }
                    };
                    let predicted = fitted.predict(&features, &task.rows(Part::Test));
                    all.measured(place, task, &predicted, &fitted, &options);
                    if options == EXACT {
                        all.confusion(place, task, &predicted);
                        let read = (evidence, &evaluation.markers);
                        coefficients::add(&mut all.coefficients, place, read, *kind, task, &fitted);
                    }
                }
            }
        }
    }
    Ok(all.into_vec())
}

struct Tables {
    classification: Table,
    confusion: Table,
    coefficients: Table,
    split: Table,
    cell_cycle: Table,
}

impl Tables {
    fn new() -> Self {
        Self {
            classification: Table::new(
                "classification",
                "Cell types and cell-cycle phases predicted by logistic regression",
                "Section 4.5; Figure 10",
                &CLASSIFICATION,
            ),
            confusion: Table::new(
                "confusion",
                "What was predicted instead",
                "Figure 10",
                &["bundle", "subject", "task", "label", "predicted", "count"],
            ),
            coefficients: Table::new(
                "coefficients",
                "The items that count most for each class",
                "Figure 5",
                &coefficients::COLUMNS,
            ),
            split: Table::new(
                "split",
                "Which cells were fitted to and which were predicted",
                "Appendix G",
                &["bundle", "task", "cell", "label", "part"],
            ),
            cell_cycle: Table::new(
                "cell_cycle",
                "Scores and phases of the cell cycle",
                "Appendix G",
                &["bundle", "cell", "S_score", "G2M_score", "phase"],
            ),
        }
    }

    fn into_vec(self) -> Vec<Table> {
        vec![self.classification, self.confusion, self.coefficients, self.split, self.cell_cycle]
    }

    /// A task that could not be made, or not for a subject.
    fn nothing(&mut self, bundle: &str, subject: Option<&str>, task: &str, reason: &str) {
        for table in [&mut self.classification, &mut self.confusion, &mut self.coefficients] {
            table.nothing([bundle.into(), subject.into(), task.into()], reason);
        }
        if subject.is_none() {
            self.split.nothing([bundle.into(), task.into()], reason);
        }
    }

    fn split(&mut self, bundle: &str, name: &str, task: &Task, cells: &[String]) {
        for &(cell, class, part) in &task.cells {
            let label = task.classes[class].as_str();
            let row = [bundle.into(), name.into(), (&cells[cell]).into(), label.into(), part.name().into()];
            self.split.row(row, None);
        }
    }

    fn measured(
        &mut self,
        (bundle, subject, name): (&str, &str, &str),
        task: &Task,
        predicted: &[usize],
        fitted: &Logistic,
        options: &LogisticOptions,
    ) {
        let truth = task.codes(Part::Test);
        let right = truth.iter().zip(predicted).filter(|(a, b)| a == b).count();
        let recalls: Vec<f64> = (0..task.classes.len())
            .filter_map(|class| {
                let of = truth.iter().zip(predicted).filter(|(truth, _)| **truth == class);
                let all = of.clone().count();
                (all > 0).then(|| of.filter(|(a, b)| a == b).count() as f64 / all as f64)
            })
            .collect();
        let guess = task.most_common();
        let most_common = truth.iter().filter(|&&class| class == guess).count();
        let interval = wilson(right as u32, truth.len() as u32);
        self.classification.row(
            [
                bundle.into(),
                subject.into(),
                name.into(),
                (right as f64 / truth.len() as f64).into(),
                task.rows(Part::Train).len().into(),
                truth.len().into(),
                task.classes.len().into(),
                fitted.iterations.into(),
                fitted.converged().into(),
                options.max_iterations.into(),
                options.tolerance.into(),
                (recalls.iter().sum::<f64>() / recalls.len() as f64).into(),
                task.left_out.as_str().into(),
                interval.map(|of| of.low).into(),
                interval.map(|of| of.high).into(),
                (most_common as f64 / truth.len() as f64).into(),
            ],
            None,
        );
    }

    fn confusion(&mut self, (bundle, subject, name): (&str, &str, &str), task: &Task, predicted: &[usize]) {
        let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for pair in task.codes(Part::Test).into_iter().zip(predicted.iter().copied()) {
            *counts.entry(pair).or_default() += 1;
        }
        for ((label, predicted), count) in counts {
            let (label, predicted) = (task.classes[label].as_str(), task.classes[predicted].as_str());
            let row =
                [bundle.into(), subject.into(), name.into(), label.into(), predicted.into(), count.into()];
            self.confusion.row(row, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_that_cannot_be_made_has_a_row_in_every_table_of_it() {
        let mut all = Tables::new();
        all.nothing("b", None, "cell_type", "no labels");
        all.nothing("b", Some("ica"), "cell_type", "too few dimensions");
        let rows = |table: &Table| table.rows.len();
        assert_eq!([rows(&all.classification), rows(&all.confusion), rows(&all.coefficients)], [2; 3]);
        // cells are divided once for all subjects
        assert_eq!(rows(&all.split), 1);
        assert_eq!(all.split.at(&all.split.rows[0], "not_available").text(), Some("no labels"));
    }
}
