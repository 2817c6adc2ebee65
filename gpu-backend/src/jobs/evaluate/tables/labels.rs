//! Pathway labels of every subject, and how many are above chance (Figure 3 A).

use cellprism_core::{
    bundle::{LabelStrength, Maybe, Side},
    stats::differential::benjamini_hochberg,
};

use crate::jobs::evaluate::{Evaluation, Evidence, Table, Value, items::SubjectReadings};

/// Rate of false discoveries up to which a label counts as above chance.
pub const RATE: f64 = 0.1;

/// One label or test of an item.
struct Label {
    reading: &'static str,
    id: u32,
    library: String,
    /// Term and its scores; none where the test found no label.
    found: Option<(String, f64, f64, f64)>,
    strength: Option<LabelStrength>,
    chance: Option<f64>,
    /// Chance of any label at all.
    any: Option<f64>,
    adjusted: Option<f64>,
    missing: Option<String>,
}

/// Both tables.
pub fn tables(evaluation: &Evaluation<'_>) -> anyhow::Result<Vec<Table>> {
    let mut labels = Table::new(
        "labels",
        "Pathway labels, and how many are above chance",
        "Figure 3 A",
        &[
            "bundle",
            "subject",
            "reading",
            "library",
            "tested",
            "weak",
            "strong",
            "expected_by_chance",
            "above_chance",
            "able",
        ],
    );
    let mut items = Table::new(
        "label_items",
        "The label of each item",
        "Figure 3 A",
        &[
            "bundle",
            "subject",
            "reading",
            "id",
            "library",
            "term",
            "es",
            "nes",
            "p",
            "chance",
            "chance_adjusted",
        ],
    );
    for evidence in &evaluation.bundles {
        for (kind, readings) in evidence.readings() {
            let place = (evidence.name.as_str(), kind.name());
            match readings {
                Ok(readings) => {
                    let found = found(evidence, readings);
                    found.iter().for_each(|label| one(&mut items, place, label));
                    counted(&mut labels, place, evidence, readings, &found);
                }
                Err(reason) => {
                    labels.nothing([place.0.into(), place.1.into()], reason);
                }
            }
        }
    }
    Ok(vec![labels, items])
}

/// All tests of a subject; those of the paper's reading adjusted among themselves, both sides together.
fn found(evidence: &Evidence, readings: &SubjectReadings) -> Vec<Label> {
    let least = evidence.manifest().parameters.specificity.min_cells;
    let mut paper = Vec::new();
    let mut sides = Vec::new();
    for item in &readings.items {
        for of in &item.paper {
            let (found, strength, missing) = match &of.label {
                Maybe::Value(label) => {
                    let scores = (label.term.clone(), label.es, label.nes, label.p);
                    (Some(scores), Some(label.strength), None)
                }
                Maybe::Missing { not_available } => (None, None, Some(not_available.clone())),
            };
            // Where no set is a label, the test was made and found nothing.
            let chance = of.chance.map(|(as_good, _)| if found.is_some() { as_good } else { 1.0 });
            let few = format!("{} active cells; chance is computed from {least} on", item.cells);
            paper.push(Label {
                reading: "paper",
                id: item.id.0,
                library: of.library.clone(),
                missing: missing.or(chance.is_none().then_some(few)),
                found,
                strength,
                chance,
                any: of.chance.map(|(_, any)| any),
                adjusted: None,
            });
        }
        for (reading, side) in [("presence", Side::Presence), ("absence", Side::Absence)] {
            let Some(label) = item.sides.of(side) else { continue };
            sides.push(Label {
                reading,
                id: item.id.0,
                library: label.library.clone(),
                found: Some((label.term.clone(), label.es, label.nes, label.p)),
                strength: None,
                chance: Some(label.chance),
                any: None,
                adjusted: None,
                missing: None,
            });
        }
    }
    adjust(&mut paper);
    adjust(&mut sides);
    paper.extend(sides);
    paper
}

fn adjust(labels: &mut [Label]) {
    let chances: Vec<f64> = labels.iter().filter_map(|label| label.chance).collect();
    let tested = labels.iter_mut().filter(|label| label.chance.is_some());
    tested.zip(benjamini_hochberg(&chances)).for_each(|(label, adjusted)| label.adjusted = Some(adjusted));
}

fn one(table: &mut Table, (bundle, subject): (&str, &str), label: &Label) {
    let scores = label.found.as_ref();
    table.row(
        [
            bundle.into(),
            subject.into(),
            label.reading.into(),
            label.id.into(),
            label.library.as_str().into(),
            scores.map(|of| of.0.as_str()).into(),
            scores.map(|of| of.1).into(),
            scores.map(|of| of.2).into(),
            scores.map(|of| of.3).into(),
            label.chance.into(),
            label.adjusted.into(),
        ],
        label.missing.as_deref(),
    );
}

fn counted(
    table: &mut Table,
    (bundle, subject): (&str, &str),
    evidence: &Evidence,
    readings: &SubjectReadings,
    labels: &[Label],
) {
    let only = readings.strongest_only.then(|| format!("of {} items the strongest", readings.able));
    for reading in ["paper", "presence", "absence"] {
        let tests = labels.iter().filter(|label| label.reading == reading && label.chance.is_some());
        let tested_sides = tests.clone().count();
        for set in &evidence.sets {
            let of: Vec<&Label> = tests.clone().filter(|label| label.library == set.library).collect();
            let strength = |wanted| of.iter().filter(|label| label.strength == Some(wanted)).count();
            let above =
                of.iter().filter(|l| l.found.is_some() && l.adjusted.is_some_and(|a| a <= RATE)).count();
            let is_paper = reading == "paper";
            let tested = if is_paper { of.len() } else { tested_sides };
            let expected: f64 = if is_paper {
                of.iter().filter_map(|label| label.any).fold(0.0, |sum, any| sum + any)
            } else {
                RATE * above as f64
            };
            let words = (!is_paper).then_some("weak and strong are the paper's words for its own reading");
            table.row(
                [
                    bundle.into(),
                    subject.into(),
                    reading.into(),
                    set.library.as_str().into(),
                    tested.into(),
                    is_paper.then(|| strength(LabelStrength::Weak)).into(),
                    is_paper.then(|| strength(LabelStrength::Strong)).into(),
                    expected.into(),
                    above.into(),
                    readings.able.into(),
                ],
                words.or(only.as_deref()),
            );
        }
        if evidence.sets.is_empty() {
            let mut row: [Value; 10] = std::array::from_fn(|_| Value::Empty);
            (row[0], row[1], row[2]) = (bundle.into(), subject.into(), reading.into());
            row[9] = readings.able.into();
            table.nothing(row, "the bundle was made without gene sets");
        }
    }
}
