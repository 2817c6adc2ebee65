//! How well each subject rebuilds the embeddings it was made of, and those of other bundles of the same model (Tables 3 to
//! 5, Figure 4 A).

use cellprism_core::evaluation::{Reconstruction, Subject, rebuild};

use crate::jobs::evaluate::{Evaluation, Evidence, Table};

const COLUMNS: [&str; 13] = [
    "bundle",
    "subject",
    "on",
    "c",
    "k",
    "cells",
    "r2",
    "r2_per_dimension",
    "r2_scalar_mean",
    "active",
    "dead",
    "l0",
    "sparsity",
];

/// The table.
pub fn tables(evaluation: &Evaluation<'_>) -> anyhow::Result<Vec<Table>> {
    let title = "How well the embeddings are rebuilt";
    let mut table = Table::new("reconstruction", title, "Tables 3, 4, 5; Figure 4 A", &COLUMNS);
    for evidence in &evaluation.bundles {
        for (kind, subject) in &evidence.subjects {
            let subject = match subject {
                Ok(subject) => subject,
                Err(reason) => {
                    missing(&mut table, (&evidence.name, kind.name(), "own"), None, reason);
                    continue;
                }
            };
            match evidence.embeddings() {
                Ok(x) => found(
                    &mut table,
                    (&evidence.name, "own"),
                    subject,
                    rebuild(subject, &subject.activations, x),
                    SAME,
                ),
                Err(reason) => {
                    let spent = Reconstruction::unmeasured(&subject.activations);
                    found(&mut table, (&evidence.name, "own"), subject, spent, reason);
                }
            }
            for other in evaluation.bundles.iter().filter(|other| other.name != evidence.name) {
                across(&mut table, evidence, subject, other);
            }
        }
    }
    Ok(vec![table])
}

fn across(table: &mut Table, evidence: &Evidence, subject: &Subject, other: &Evidence) {
    let place = (evidence.name.as_str(), subject.kind.name(), other.name.as_str());
    if let Some(reason) = evidence.other_model(other) {
        return missing(table, place, Some(subject), &reason);
    }
    let x = match other.embeddings() {
        Ok(x) => x,
        Err(reason) => return missing(table, place, Some(subject), reason),
    };
    match subject.on(x) {
        Some(activations) => {
            found(table, (&evidence.name, &other.name), subject, rebuild(subject, &activations, x), SAME);
        }
        None => missing(table, place, Some(subject), "it is nothing without its own cells"),
    }
}

/// Why there is no R², where there are embeddings.
const SAME: &str = "all cells have the same embedding";

/// A row; `unmeasured` says why it has no R², where it has none.
fn found(
    table: &mut Table,
    (bundle, on): (&str, &str),
    subject: &Subject,
    of: Reconstruction,
    unmeasured: &str,
) {
    let Reconstruction { cells, r2, r2_per_dimension, r2_scalar_mean, active, dead, l0, sparsity } = of;
    let k = subject.active_per_cell();
    let reason = match (k, r2) {
        (_, None) => Some(unmeasured),
        (None, _) => Some("no limit on the active items of a cell"),
        _ => None,
    };
    table.row(
        [
            bundle.into(),
            subject.kind.name().into(),
            on.into(),
            subject.items().into(),
            k.into(),
            cells.into(),
            r2.into(),
            r2_per_dimension.into(),
            r2_scalar_mean.into(),
            active.into(),
            dead.into(),
            l0.into(),
            sparsity.into(),
        ],
        reason,
    );
}

fn missing(
    table: &mut Table,
    (bundle, kind, on): (&str, &str, &str),
    subject: Option<&Subject>,
    reason: &str,
) {
    let (c, k) = (subject.map(Subject::items), subject.and_then(Subject::active_per_cell));
    table.nothing([bundle.into(), kind.into(), on.into(), c.into(), k.into()], reason);
}
