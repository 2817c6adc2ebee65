//! The tables that `classify` writes.

use std::collections::BTreeMap;

use cellprism_core::classification::Logistic;

use super::labels::Labelled;
use crate::files::csv::{Table, number};

/// cell, label, predicted: the test cells, in the order of the labels' table.
pub(super) fn predictions(cells: &[String], labelled: &Labelled, predicted: &[usize]) -> Vec<u8> {
    let mut table = Table::new(&["cell", "label", "predicted"]);
    let test = &labelled.test;
    for ((&row, label), &class) in test.rows.iter().zip(&test.labels).zip(predicted) {
        table.row([&cells[row], label, &labelled.classes[class]]);
    }
    table.into_bytes()
}

/// class, feature, coefficient; a class's last row is its intercept.
pub(super) fn coefficients(fitted: &Logistic, classes: &[String], width: usize) -> Vec<u8> {
    let mut table = Table::new(&["class", "feature", "coefficient"]);
    for class in fitted.with_coefficients() {
        for feature in 0..width {
            let coefficient = number(fitted.coefficient(class, feature));
            table.row([&classes[class], &feature.to_string(), &coefficient]);
        }
        table.row([&classes[class], "intercept", &number(fitted.intercept(class))]);
    }
    table.into_bytes()
}

/// label, predicted, count: pairs that occur among the test cells.
pub(super) fn confusion(labelled: &Labelled, predicted: &[usize]) -> Vec<u8> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (label, &class) in labelled.test.labels.iter().zip(predicted) {
        *counts.entry((label, &labelled.classes[class])).or_default() += 1;
    }
    let mut table = Table::new(&["label", "predicted", "count"]);
    for ((label, predicted), count) in counts {
        table.row([label, predicted, &count.to_string()]);
    }
    table.into_bytes()
}
