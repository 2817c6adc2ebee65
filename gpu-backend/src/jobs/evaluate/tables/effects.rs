//! Concepts that a condition makes more or less active within a kind of cells, and concepts that are a donor or a batch.

use std::collections::HashSet;

use cellprism_core::{
    cells::{Column, NO_LABEL},
    concepts::{ActiveCells, lift},
    evaluation::{Across, Comparison, Effect, SubjectKind, effect},
    ids::ConceptId,
    readings::claims::{donor_column, individuals},
    stats::differential::benjamini_hochberg,
};

use crate::jobs::evaluate::{Evaluation, Evidence, Table};

/// Columns that usually hold conditions.
const CONDITIONS: [&str; 12] = [
    "condition",
    "stim",
    "stimulation",
    "treatment",
    "perturbation",
    "disease",
    "disease_status",
    "status",
    "timepoint",
    "time",
    "tissue",
    "sex",
];
/// Columns that usually hold batches.
const BATCHES: [&str; 5] = ["batch", "batch_id", "library", "run", "assay"];
/// Labels that others are compared with.
const CONTROLS: [&str; 12] = [
    "control",
    "ctrl",
    "healthy",
    "normal",
    "unstimulated",
    "untreated",
    "vehicle",
    "mock",
    "baseline",
    "wt",
    "none",
    "0",
];
/// Conditions of a column at most.
const MOST_CONDITIONS: usize = 10;
/// Active cells in the group from which on a concept is tested.
const LEAST_ACTIVE: u32 = 10;
/// Share of a concept's cells in one donor, and its ratio to the donor's share of all cells, from which on the concept is a donor.
const DONOR_SHARE: f64 = 0.7;
const DONOR_LIFT: f64 = 1.5;

const COLUMNS: [&str; 15] = [
    "bundle",
    "id",
    "condition_column",
    "group",
    "log2_odds",
    "p",
    "p_adj",
    "condition",
    "reference",
    "across",
    "cells",
    "cells_reference",
    "active",
    "active_reference",
    "donor",
];

/// One row before its p is adjusted.
struct Row<'a> {
    id: ConceptId,
    column: &'a Column,
    group: Option<&'a str>,
    condition: &'a str,
    reference: Option<&'a str>,
    effect: Effect,
}

/// The table.
pub fn tables(evaluation: &Evaluation<'_>) -> anyhow::Result<Vec<Table>> {
    let title = "Concepts that differ between conditions within kinds of cells, and concepts that are a donor or a batch";
    let mut table = Table::new("effects", title, "", &COLUMNS);
    for evidence in &evaluation.bundles {
        let name = evidence.name.as_str();
        let subject = match evidence.subject(SubjectKind::Sae) {
            Ok(subject) => subject,
            Err(reason) => {
                nothing(&mut table, name, reason);
                continue;
            }
        };
        let conditions = conditions(evidence);
        if conditions.is_empty() {
            let named =
                format!("no column of conditions ({}) with at least two labels", CONDITIONS.join(", "));
            nothing(&mut table, name, &named);
        }
        let donors = donor_column(&evidence.columns);
        let marks: Vec<Option<&str>> =
            subject.activations.iter().map(|(_, active)| donor_of(active, donors?)).collect();
        for column in conditions {
            let group = evidence.primary().filter(|primary| primary.name != column.name);
            let rows = rows(column, group, donors, subject.activations.iter());
            if rows.is_empty() {
                nothing(
                    &mut table,
                    name,
                    &format!("{}: no concept has {LEAST_ACTIVE} active cells in a group", column.name),
                );
            }
            write(&mut table, name, &rows, &marks);
        }
        let confounders = evidence.columns.iter().filter(|column| {
            individuals().contains(&column.name.as_str()) || BATCHES.contains(&column.name.as_str())
        });
        for column in confounders.filter(|column| known(column).len() > 1) {
            write(&mut table, name, &strongest(column, subject.activations.iter()), &marks);
        }
    }
    Ok(vec![table])
}

/// Labels that cells have.
fn known(column: &Column) -> Vec<u16> {
    let counts = column.label_counts();
    (0..counts.len()).filter(|&label| counts[label] > 0).map(|label| label as u16).collect()
}

/// Columns of conditions, each way to divide the cells once.
fn conditions(evidence: &Evidence) -> Vec<&Column> {
    let mut seen = HashSet::new();
    CONDITIONS
        .iter()
        .filter_map(|name| evidence.columns.iter().find(|column| column.name == *name))
        .filter(|column| (2..=MOST_CONDITIONS).contains(&known(column).len()))
        .filter(|column| seen.insert(division(column)))
        .collect()
}

/// Codes in the order in which they appear: alike for two columns that divide the cells in the same way.
fn division(column: &Column) -> Vec<u16> {
    let mut order = vec![None; column.labels.len()];
    let mut next = 0;
    let renamed = |&code: &u16| match order.get_mut(usize::from(code)) {
        Some(place) => *place.get_or_insert_with(|| {
            next += 1;
            next - 1
        }),
        None => NO_LABEL,
    };
    column.codes.iter().map(renamed).collect()
}

/// The label that others are compared with: one that is named like a control, else the first.
fn reference(column: &Column) -> u16 {
    let known = known(column);
    let is_control =
        |label: &&u16| CONTROLS.contains(&column.labels[usize::from(**label)].to_lowercase().as_str());
    known.iter().find(is_control).or(known.first()).copied().unwrap_or(NO_LABEL)
}

fn rows<'a>(
    column: &'a Column,
    group: Option<&'a Column>,
    donors: Option<&'a Column>,
    concepts: impl Iterator<Item = (ConceptId, &'a ActiveCells)>,
) -> Vec<Row<'a>> {
    let without = reference(column);
    let groups: Vec<Option<(&Column, u16)>> = match group {
        Some(group) => known(group).into_iter().map(|label| Some((group, label))).collect(),
        None => vec![None],
    };
    let mut rows = Vec::new();
    for (id, active) in concepts {
        for &group in &groups {
            for with in known(column).into_iter().filter(|&with| with != without) {
                let comparison = Comparison { condition: (column, with, without), group, donors };
                let Some(effect) = effect(active, &comparison) else { continue };
                if effect.active.iter().sum::<u32>() < LEAST_ACTIVE {
                    continue;
                }
                rows.push(Row {
                    id,
                    column,
                    group: group.map(|(of, label)| of.labels[usize::from(label)].as_str()),
                    condition: &column.labels[usize::from(with)],
                    reference: Some(&column.labels[usize::from(without)]),
                    effect,
                });
            }
        }
    }
    rows
}

/// The donor or batch in which a concept is most over-represented, over all cells.
fn strongest<'a>(
    column: &'a Column,
    concepts: impl Iterator<Item = (ConceptId, &'a ActiveCells)>,
) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    let labels = known(column);
    for (id, active) in concepts.filter(|(_, active)| active.len() >= LEAST_ACTIVE as usize) {
        let one = |&with: &u16| {
            // all other cells as one label
            let codes = column.codes.iter().map(|&code| u16::from(code != with)).collect();
            let two =
                Column { name: column.name.clone(), labels: vec!["this".into(), "others".into()], codes };
            effect(active, &Comparison { condition: (&two, 0, 1), group: None, donors: None })
                .map(|of| (with, of))
        };
        let best = labels.iter().filter_map(one).max_by(|a, b| a.1.log2_odds.total_cmp(&b.1.log2_odds));
        if let Some((with, effect)) = best {
            let condition = &column.labels[usize::from(with)];
            rows.push(Row { id, column, group: None, condition, reference: None, effect });
        }
    }
    rows
}

/// The donor that a concept is, where it is one.
fn donor_of<'a>(active: &ActiveCells, donors: &'a Column) -> Option<&'a str> {
    if active.len() < LEAST_ACTIVE as usize {
        return None;
    }
    let totals = donors.label_counts();
    let mut counts = vec![0u32; donors.labels.len()];
    for cell in &active.cells {
        if let Some(count) = counts.get_mut(usize::from(donors.codes[cell.index()])) {
            *count += 1;
        }
    }
    let share = |label: usize| f64::from(counts[label]) / active.len() as f64;
    let base = |label: usize| f64::from(totals[label]) / donors.codes.len() as f64;
    (0..counts.len())
        .find(|&label| share(label) >= DONOR_SHARE && lift(share(label), base(label)) >= DONOR_LIFT)
        .map(|label| donors.labels[label].as_str())
}

fn write(table: &mut Table, bundle: &str, rows: &[Row<'_>], marks: &[Option<&str>]) {
    let tested: Vec<f64> = rows.iter().filter_map(|row| row.effect.p.as_ref().ok().copied()).collect();
    let mut adjusted = benjamini_hochberg(&tested).into_iter();
    for row in rows {
        let effect = &row.effect;
        let (p, reason) = match &effect.p {
            Ok(p) => (Some(*p), None),
            Err(reason) => (None, Some(reason.as_str())),
        };
        let across = match effect.across {
            Across::Pairs(donors) => format!("{donors} donors, within each"),
            Across::Donors(with, without) => format!("{with} and {without} donors"),
            Across::Cells => "cells".into(),
        };
        let all = row.group.is_none().then_some("all cells together");
        let rest = row.reference.is_none().then_some("all cells against all others");
        table.row(
            [
                bundle.into(),
                row.id.0.into(),
                row.column.name.as_str().into(),
                row.group.into(),
                effect.log2_odds.into(),
                p.into(),
                p.and_then(|_| adjusted.next()).into(),
                row.condition.into(),
                row.reference.into(),
                across.into(),
                effect.cells[0].into(),
                effect.cells[1].into(),
                effect.active[0].into(),
                effect.active[1].into(),
                marks.get(row.id.index()).copied().flatten().unwrap_or("no").into(),
            ],
            reason.or(rest).or(all),
        );
    }
}

fn nothing(table: &mut Table, bundle: &str, reason: &str) {
    table.nothing([bundle.into()], reason);
}
