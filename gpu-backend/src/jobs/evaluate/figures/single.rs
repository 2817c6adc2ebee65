//! Single items: probes, effects of conditions, planted programs.

use cellprism_figures::{Colour, Dots, Mark, Panel, Panels, Row, Series};

use super::{
    Chart,
    rows::{distinct, panel, plain, rows, subject},
};
use crate::jobs::evaluate::Found;

/// Rows that can still be read.
const MOST_ROWS: usize = 24;

/// The figures.
pub fn charts(found: &Found) -> Vec<Chart> {
    vec![probes(found), effects(found), truth(found)]
}

fn probes(found: &Found) -> Chart {
    let mut panels = Panels::default();
    for bundle in &found.bundles {
        let all = rows(found, "probes", &[("bundle", bundle)]);
        for column in distinct(&all, "column").into_iter().take(3) {
            let of: Vec<_> = all.iter().filter(|row| row.is("column", &column)).copied().collect();
            let subjects: Vec<String> =
                distinct(&of, "subject").into_iter().filter(|subject| subject != "shuffled").collect();
            let lines: Vec<Row> = distinct(&of, "label")
                .into_iter()
                .take(MOST_ROWS)
                .map(|label| {
                    let own = of.iter().filter(|row| row.is("label", &label));
                    let mark = |row: &super::rows::Row<'_>| {
                        let series = subjects.iter().position(|subject| row.is("subject", subject))?;
                        Some(Mark::of(series, row.number("auroc_test")?))
                    };
                    Row { marks: own.filter_map(mark).collect(), label }
                })
                .filter(|row| !row.marks.is_empty())
                .collect();
            if lines.is_empty() {
                continue;
            }
            let chart = Dots {
                x_title: "AUROC of the best single item, on held-out cells".into(),
                series: subjects.iter().map(|one| subject(one)).collect(),
                rows: lines,
                range: None,
                references: vec![(0.5, "chance".into())],
            };
            panels.0.push((panel(found, bundle, &plain(&column)), Panel::Dots(chart)));
        }
    }
    Chart {
        name: "probes",
        title: "Labels found by single items",
        item: "beyond the paper",
        caption: "For each label the item that tells it best on training cells, measured on cells held out (by donor where there \
                  are donors). A dictionary is worth its name where one concept does what otherwise takes many dimensions."
            .into(),
        tables: &["probes"],
        panels,
    }
}

fn effects(found: &Found) -> Chart {
    let mut panels = Panels::default();
    for bundle in &found.bundles {
        let all = rows(found, "effects", &[("bundle", bundle)]);
        for condition in distinct(&all, "condition_column") {
            let mut strongest: Vec<_> = all
                .iter()
                .filter(|row| row.is("condition_column", &condition))
                .filter_map(|row| Some((row.number("log2_odds")?, row.number("p_adj")?, row)))
                .filter(|(_, p, _)| *p <= 0.05)
                .collect();
            strongest.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
            strongest.truncate(MOST_ROWS);
            let shown: Vec<super::rows::Row<'_>> = strongest.iter().map(|(_, _, row)| **row).collect();
            let against = pairs(&shown);
            let lines: Vec<Row> = strongest
                .into_iter()
                .map(|(odds, _, row)| {
                    let group = row.text("group");
                    let mut label = format!("C{}", row.text("id"));
                    if !group.is_empty() {
                        label += &format!(" in {group}");
                    }
                    if against.len() > 1 {
                        label += &format!(", {}", against_of(row));
                    }
                    Row { label, marks: vec![Mark::of(0, odds)] }
                })
                .collect();
            if lines.is_empty() {
                continue;
            }
            // A direction without its name would be read either way.
            let what = match &against[..] {
                [(condition, reference)] => {
                    format!("log2 odds of activation: right, more in {condition}; left, more in {reference}")
                }
                _ => "log2 odds of activation: right, more in the condition named first".into(),
            };
            let chart = Dots {
                x_title: what,
                series: vec![Series::coloured("concept", Colour::Accent)],
                rows: lines,
                range: None,
                references: vec![(0.0, "no difference".into())],
            };
            let mut title = plain(&condition);
            if shown.iter().all(|row| row.is("across", "cells")) {
                title += ", tested across cells: described, not shown to hold for other donors";
            }
            panels.0.push((panel(found, bundle, &title), Panel::Dots(chart)));
        }
    }
    Chart {
        name: "effects",
        title: "Concepts that differ between conditions within cell types",
        item: "beyond the paper",
        caption: format!(
            "Adjusted p ≤ 0.05, largest effects first, at most {MOST_ROWS}. Tested across donors where there are donors, else across \
             cells, which the table says."
        ),
        tables: &["effects"],
        panels,
    }
}

/// What is compared with what, each pair once.
fn pairs(rows: &[super::rows::Row<'_>]) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for row in rows {
        let pair = (row.text("condition"), row.text("reference"));
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    pairs
}

fn against_of(row: &super::rows::Row<'_>) -> String {
    let reference = row.text("reference");
    let reference = if reference.is_empty() { "the others" } else { &reference };
    format!("{} against {reference}", row.text("condition"))
}

fn truth(found: &Found) -> Chart {
    let mut panels = Panels::default();
    for bundle in &found.bundles {
        let all = rows(found, "ground_truth", &[("bundle", bundle)]);
        let subjects = distinct(&all, "subject");
        let lines: Vec<Row> = distinct(&all, "program")
            .into_iter()
            .take(MOST_ROWS)
            .map(|program| {
                let own = all.iter().filter(|row| row.is("program", &program));
                let mark = |row: &super::rows::Row<'_>| {
                    let series = subjects.iter().position(|subject| row.is("subject", subject))?;
                    Some(Mark::of(series, row.number("auroc")?))
                };
                Row { marks: own.filter_map(mark).collect(), label: program }
            })
            .filter(|row| !row.marks.is_empty())
            .collect();
        if lines.is_empty() {
            continue;
        }
        let chart = Dots {
            x_title: "AUROC of the item that was matched with a planted program".into(),
            series: subjects.iter().map(|one| subject(one)).collect(),
            rows: lines,
            range: None,
            references: vec![(0.5, "chance".into())],
        };
        panels.0.push((panel(found, bundle, ""), Panel::Dots(chart)));
    }
    Chart {
        name: "ground_truth",
        title: "Planted programs that come back",
        item: "beyond the paper",
        caption:
            "Simulated cells whose programs are known, matched one to one with the items of each subject."
                .into(),
        tables: &["ground_truth"],
        panels,
    }
}
