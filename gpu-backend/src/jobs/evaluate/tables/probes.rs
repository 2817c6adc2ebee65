//! How well one item, and five, tell cells with a label from the others on cells that were held out: whole donors where
//! there are three, else a fifth of the cells in turn.

use cellprism_core::{
    cells::Column,
    evaluation::{Folds, Probe, probes},
    readings::claims::donor_column,
};

use crate::jobs::evaluate::{Evaluation, Table, Value};

/// Folds of cells.
const FOLDS: usize = 5;
/// Donors from which on whole ones are held out.
const LEAST_DONORS: usize = 3;
/// Labels of a column at most: more are names of cells, not kinds.
const MOST_LABELS: usize = 200;

const COLUMNS: [&str; 11] = [
    "bundle",
    "subject",
    "column",
    "label",
    "id",
    "auroc_all",
    "auroc_train",
    "auroc_test",
    "auroc5_test",
    "groups",
    "folds",
];

/// The table.
pub fn tables(evaluation: &Evaluation<'_>) -> anyhow::Result<Vec<Table>> {
    let title = "Labels told apart by one item, and by five, on cells held out";
    let mut table = Table::new("probes", title, "", &COLUMNS);
    for evidence in &evaluation.bundles {
        let donors = donor_column(&evidence.columns).filter(|donors| labels(donors) >= LEAST_DONORS);
        if evidence.columns.is_empty() {
            for (kind, _) in &evidence.subjects {
                table.nothing(
                    [evidence.name.as_str().into(), kind.name().into()],
                    "the cells have no metadata: there is no label to probe",
                );
            }
        }
        for column in &evidence.columns {
            let donors = donors.filter(|donors| donors.name != column.name);
            let (folds, groups) = match donors {
                Some(donors) => (Folds::by_label(donors), donors.name.as_str()),
                None => (Folds::by_cell(column, FOLDS, evaluation.options.seed), "cells"),
            };
            let barred = barred(column);
            for (kind, subject) in &evidence.subjects {
                let place = (evidence.name.as_str(), kind.name(), column, groups);
                match (subject, &barred) {
                    (Err(reason), _) | (Ok(_), Some(reason)) => {
                        one(&mut table, place, None, &Err(reason.clone()));
                    }
                    (Ok(subject), None) => {
                        let found = probes(&subject.activations, column, &folds);
                        for (label, probe) in column.labels.iter().zip(&found) {
                            one(&mut table, place, Some(label), probe);
                        }
                    }
                }
            }
        }
    }
    Ok(vec![table])
}

/// Labels that cells have.
fn labels(column: &Column) -> usize {
    column.label_counts().iter().filter(|&&count| count > 0).count()
}

/// Why a column is not probed.
fn barred(column: &Column) -> Option<String> {
    match labels(column) {
        0 => Some("no cell has a label".into()),
        1 => Some("all cells with a label have the same".into()),
        many if many > MOST_LABELS => {
            Some(format!("{many} labels: columns with more than {MOST_LABELS} are not probed"))
        }
        _ => None,
    }
}

fn one(
    table: &mut Table,
    (bundle, subject, column, groups): (&str, &str, &Column, &str),
    label: Option<&String>,
    probe: &Result<Probe, String>,
) {
    let found = probe.as_ref().ok();
    let reason = match probe {
        Err(reason) => Some(reason.as_str()),
        Ok(probe) => probe.auroc5_test.is_none().then_some("no regression could be fitted"),
    };
    table.row(
        [
            bundle.into(),
            subject.into(),
            column.name.as_str().into(),
            label.map_or(Value::Empty, Value::from),
            found.map(|probe| probe.id.0).into(),
            found.map(|probe| probe.auroc_all).into(),
            found.map(|probe| probe.auroc_train).into(),
            found.map(|probe| probe.auroc_test).into(),
            found.and_then(|probe| probe.auroc5_test).into(),
            groups.into(),
            found.map(|probe| probe.folds).into(),
        ],
        reason,
    );
}
