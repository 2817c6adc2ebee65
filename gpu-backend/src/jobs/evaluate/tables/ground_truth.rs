//! What is recovered of planted programs, with `--truth`.

use std::collections::{HashMap, HashSet};

use anyhow::Context as _;
use cellprism_core::{
    bundle::{LabelStrength, Side},
    evaluation::{
        SubjectKind,
        truth::{Program, Recovered, recover},
    },
    stats::differential::benjamini_hochberg,
};
use serde_json::Value as Json;

use crate::{
    files::h5ad::Planted,
    jobs::{
        evaluate::{
            Evaluation, Evidence, Table,
            items::{ItemReading, TOP},
        },
        inputs::open_cells,
    },
};

/// Programs and their genes among the bundle's.
struct Truth {
    programs: Vec<Program>,
    rare: Vec<bool>,
    genes: Vec<HashSet<u32>>,
}

/// Both tables; none where the truth was not asked for.
pub fn tables(evaluation: &Evaluation<'_>) -> anyhow::Result<Vec<Table>> {
    if !evaluation.options.truth {
        return Ok(Vec::new());
    }
    let columns = [
        "bundle",
        "subject",
        "program",
        "id",
        "auroc",
        "correlation",
        "precision20_attribution",
        "precision20_presence",
        "precision20_fold_change",
        "splitting",
        "absorption",
        "false_labels",
        "parent",
        "rare",
        "cells",
    ];
    let mut table = Table::new("ground_truth", "What is recovered of planted programs", "", &columns);
    let columns = ["bundle", "subject", "reading", "threshold", "labels", "decoys", "share"];
    let mut labels = Table::new("false_labels", "Labels that name a decoy, at each threshold", "", &columns);
    for evidence in &evaluation.bundles {
        match truth(evidence)? {
            Ok(truth) => scored(evidence, &truth, &mut table, &mut labels),
            Err(reason) => {
                for table in [&mut table, &mut labels] {
                    table.nothing([(&evidence.name).into()], &reason);
                }
            }
        }
    }
    Ok(vec![table, labels])
}

fn truth(evidence: &Evidence) -> anyhow::Result<Result<Truth, String>> {
    let path = match &evidence.given.cells {
        Ok(path) => path,
        Err(reason) => return Ok(Err(reason.clone())),
    };
    let file = open_cells(path, true)?;
    let Some(planted) = file.planted()? else {
        return Ok(Err(format!(
            "{} was not written by `cellprism simulate`: it holds no truth",
            path.display()
        )));
    };
    let names = file.genes();
    let mut place: HashMap<&str, usize> = HashMap::new();
    for (row, name) in names.index.iter().enumerate().chain(names.symbols.iter().enumerate()) {
        place.entry(name).or_insert(row);
    }
    let rows: Vec<Option<usize>> =
        evidence.genes.symbols.iter().map(|s| place.get(s.as_str()).copied()).collect();
    Ok(Ok(read(&planted, evidence.names.len(), &rows).with_context(|| path.display().to_string())?))
}

fn read(planted: &Planted, cells: usize, rows: &[Option<usize>]) -> anyhow::Result<Truth> {
    let about: Json = serde_json::from_str(&planted.about).context("uns/simulation")?;
    let texts = |value: &Json| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|text| Some(text.as_str()?.to_owned())).collect()
    };
    let names = texts(&about["programs"]);
    let p = planted.programs;
    anyhow::ensure!(
        names.len() == p && planted.activity.len() == cells * p,
        "uns/simulation: its programs do not fit the arrays"
    );
    let rare = texts(&about["rare"]);
    let parent = |name: &str| {
        let parent = about["parents"].get(name)?.as_str()?;
        names.iter().position(|known| known == parent)
    };
    let programs = names
        .iter()
        .enumerate()
        .map(|(i, name)| Program {
            name: name.clone(),
            parent: parent(name),
            activity: planted.activity.iter().skip(i).step_by(p).copied().collect(),
        })
        .collect();
    let raises = |gene: &Option<usize>, program: usize| {
        gene.is_some_and(|row| planted.effect[row * p + program] > 0.0)
    };
    let genes = (0..p)
        .map(|program| (0..rows.len() as u32).filter(|&gene| raises(&rows[gene as usize], program)).collect())
        .collect();
    Ok(Truth { programs, rare: names.iter().map(|name| rare.contains(name)).collect(), genes })
}

fn scored(evidence: &Evidence, truth: &Truth, table: &mut Table, labels: &mut Table) {
    for (kind, subject) in &evidence.subjects {
        let subject = match subject {
            Ok(subject) => subject,
            Err(_) => continue,
        };
        let items = evidence.items(*kind);
        let false_labels = decoys(evidence, *kind, items, labels);
        for (place, found) in recover(&truth.programs, subject).into_iter().enumerate() {
            row(table, (evidence, *kind), truth, place, found.as_ref(), items, false_labels);
        }
    }
}

fn row(
    table: &mut Table,
    (evidence, kind): (&Evidence, SubjectKind),
    truth: &Truth,
    place: usize,
    found: Option<&Recovered>,
    items: &[ItemReading],
    false_labels: Option<f64>,
) {
    let program = &truth.programs[place];
    let item = found.and_then(|found| items.iter().find(|item| item.id == found.id));
    let precision = |ranking: usize| {
        let top = &item?.top[ranking];
        let hits = top.iter().filter(|gene| truth.genes[place].contains(gene)).count();
        (!top.is_empty()).then(|| hits as f64 / top.len().min(TOP) as f64)
    };
    let cells = program.activity.iter().filter(|&&activity| activity > 0.0).count();
    let missing = match (found, item) {
        (None, _) => Some("no item is left for it"),
        (_, None) => Some("this item's genes were not read"),
        (Some(found), _) if found.absorption.is_none() => Some("it has no parts that an item follows"),
        _ => None,
    };
    table.row(
        [
            (&evidence.name).into(),
            kind.name().into(),
            (&program.name).into(),
            found.map(|found| found.id.0).into(),
            found.and_then(|found| found.auroc).into(),
            found.and_then(|found| found.correlation).into(),
            precision(0).into(),
            precision(1).into(),
            precision(2).into(),
            found.map(|found| found.splitting).into(),
            found.and_then(|found| found.absorption).into(),
            false_labels.into(),
            program.parent.map_or("", |parent| truth.programs[parent].name.as_str()).into(),
            truth.rare[place].into(),
            cells.into(),
        ],
        missing,
    );
}

/// Labels of a subject by their threshold, and those that name a decoy; the share among all labels by the paper's rule.
fn decoys(evidence: &Evidence, kind: SubjectKind, items: &[ItemReading], table: &mut Table) -> Option<f64> {
    let rate = evidence.manifest().parameters.reading.as_ref().map_or(0.1, |reading| reading.survives);
    let paper: Vec<(&str, bool, f64)> = items
        .iter()
        .flat_map(|item| &item.paper)
        .filter_map(|of| {
            let label = of.label.value()?;
            Some((
                label.term.as_str(),
                label.strength == LabelStrength::Strong,
                of.chance.map_or(1.0, |chance| chance.0),
            ))
        })
        .collect();
    let sides: Vec<(&str, f64, f64)> = items
        .iter()
        .flat_map(|item| Side::BOTH.map(|side| item.sides.of(side)))
        .flatten()
        .map(|label| (label.term.as_str(), label.chance, label.chance_adjusted))
        .collect();
    let adjusted = benjamini_hochberg(&paper.iter().map(|label| label.2).collect::<Vec<_>>());
    let mut count = |reading: &str, threshold: &str, terms: Vec<&str>| -> Option<f64> {
        let false_ones = terms.iter().filter(|term| term.starts_with("decoy")).count();
        let share = (!terms.is_empty()).then(|| false_ones as f64 / terms.len() as f64);
        let values = [
            (&evidence.name).into(),
            kind.name().into(),
            reading.into(),
            threshold.into(),
            terms.len().into(),
            false_ones.into(),
            share.into(),
        ];
        table.row(values, share.is_none().then_some("there is no such label"));
        share
    };
    let all = count("paper", "weak", paper.iter().map(|label| label.0).collect());
    count("paper", "strong", paper.iter().filter(|label| label.1).map(|label| label.0).collect());
    let above = paper.iter().zip(&adjusted).filter(|(_, adjusted)| **adjusted <= rate);
    count("paper", "above chance", above.map(|(label, _)| label.0).collect());
    count("presence and absence", "best set", sides.iter().map(|label| label.0).collect());
    count(
        "presence and absence",
        "chance at most 0.05",
        sides.iter().filter(|label| label.1 <= 0.05).map(|l| l.0).collect(),
    );
    count(
        "presence and absence",
        "survives",
        sides.iter().filter(|label| label.2 <= rate).map(|l| l.0).collect(),
    );
    all
}
