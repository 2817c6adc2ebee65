//! The items that count most for each class, with what they read as and the markers among their genes.

use std::collections::HashSet;

use cellprism_core::{
    bundle::GeneIndex,
    classification::Logistic,
    evaluation::SubjectKind,
    ids::ConceptId,
    stats::cell_cycle::{G2M_GENES, S_GENES},
};

use super::task::Task;
use crate::jobs::evaluate::{Evidence, Table, Value, markers::Markers};

/// Items of each class.
const SHOWN: usize = 20;

pub const COLUMNS: [&str; 8] =
    ["bundle", "subject", "task", "class", "id", "coefficient", "reads_as", "marker_overlap"];

/// Adds those of one regression.
pub fn add(
    table: &mut Table,
    (bundle, subject, name): (&str, &str, &str),
    (evidence, given): (&Evidence, &Markers),
    kind: SubjectKind,
    task: &Task,
    fitted: &Logistic,
) {
    for class in fitted.with_coefficients() {
        let label = task.classes[class].as_str();
        let markers = markers(name, label, &evidence.genes, given);
        let mut items: Vec<(usize, f64)> =
            (0..fitted.width()).map(|item| (item, fitted.coefficient(class, item))).collect();
        items.retain(|item| item.1 != 0.0);
        items.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        for (item, coefficient) in items.into_iter().take(SHOWN) {
            let read = reads_as(evidence, side(kind, item, fitted.width(), coefficient), kind);
            let overlap = match (&markers, &read) {
                (Some(markers), Some((_, genes))) if !markers.is_empty() => Some(
                    genes.iter().filter(|gene| markers.contains(*gene)).count() as f64 / markers.len() as f64,
                ),
                _ => None,
            };
            let reason = match (&markers, &read) {
                (_, None) => Some("the item's genes were not read"),
                (None, _) => Some("no markers are given for this class (--markers)"),
                (Some(markers), _) => markers.is_empty().then_some("the model reads no marker of this class"),
            };
            table.row(
                [
                    bundle.into(),
                    subject.into(),
                    name.into(),
                    label.into(),
                    item.into(),
                    coefficient.into(),
                    read.map_or(Value::Empty, |(words, _)| words.into()),
                    overlap.into(),
                ],
                reason,
            );
        }
    }
}

/// The item whose side a coefficient favours: a direction with both sides has item i, and i + n for the negative side.
fn side(kind: SubjectKind, direction: usize, directions: usize, coefficient: f64) -> ConceptId {
    let two_sided = matches!(kind, SubjectKind::Neurons | SubjectKind::Pca | SubjectKind::Ica);
    ConceptId::from(if two_sided && coefficient < 0.0 { direction + directions } else { direction })
}

/// What an item reads as, and its genes of highest score; none where it was not read.
fn reads_as(evidence: &Evidence, id: ConceptId, kind: SubjectKind) -> Option<(String, &[u32])> {
    let read = evidence.items(kind).iter().find(|item| item.id == id)?;
    let index = match kind {
        SubjectKind::Sae => Some(&evidence.concepts),
        SubjectKind::Neurons => evidence.neurons.as_ref(),
        _ => None,
    };
    let title =
        index.and_then(|index| index.rows.iter().find(|row| row.id == id)).map(|row| row.title.as_str());
    let term = || read.paper.iter().find_map(|of| of.label.value()).map(|label| label.term.as_str());
    let words = title.filter(|title| !title.is_empty()).or_else(term).unwrap_or("no label");
    Some((words.to_owned(), &read.top[0]))
}

/// Markers of a class that the model reads, as places among its genes; none where none are known. Those of phases are known, those
/// of labels are given.
fn markers(task: &str, class: &str, genes: &GeneIndex, given: &Markers) -> Option<HashSet<u32>> {
    let names: &[&str] = match (task, class) {
        ("cell_cycle", "S") => &S_GENES,
        ("cell_cycle", "G2M") => &G2M_GENES,
        ("cell_cycle", _) => return None,
        _ => return given.of(class, genes),
    };
    let known = genes.symbols.iter().enumerate().filter(|(_, symbol)| names.contains(&symbol.as_str()));
    Some(known.map(|(place, _)| place as u32).collect())
}
