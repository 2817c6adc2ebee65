//! The index of concepts against each concept's readings.

use std::collections::HashSet;

use super::{Bundle, Report, cells::Cells, concept};
use crate::{
    bundle::{ConceptClass, ConceptIndex, ConceptRow, GeneIndex, path},
    ids::ConceptId,
    parallel,
};

pub(super) fn check(bundle: &Bundle<'_>, cells: &Cells, genes: Option<&GeneIndex>, report: &mut Report) {
    strangers(bundle, report);
    let Some(index) = bundle.json::<ConceptIndex>(path::CONCEPT_INDEX, report) else { return };
    let counts = &bundle.manifest.counts;
    let file = path::CONCEPT_INDEX;
    report.same(file, "rows", index.rows.len() as u64, counts.concepts, path::MANIFEST);
    let active = index.rows.iter().filter(|row| row.cells > 0).count();
    report.same(file, "active concepts", active as u64, counts.active_concepts, path::MANIFEST);
    if let Some(metadata) = &cells.metadata {
        for name in &index.columns {
            let known = metadata.columns.iter().any(|column| column.name == *name);
            report.expect(known, file, || format!("{name:?} is no column of {}", path::CELL_METADATA));
        }
    }
    let symbols: Option<HashSet<&str>> =
        genes.map(|genes| genes.symbols.iter().map(String::as_str).collect());
    for (place, row) in index.rows.iter().enumerate() {
        if let Err(problem) = row_problem(row, place, cells, symbols.as_ref()) {
            report.note(file, format!("row {place}: {problem}"));
        }
    }
    neurons(bundle, cells, symbols.as_ref(), report);
    // One report a concept, joined in order, so that the outcome never depends on the number of threads.
    for found in parallel::map(index.rows.len(), |place| concept::check(bundle, &index, place, cells, genes))
    {
        report.problems.extend(found.problems);
    }
}

/// The baseline's rows, where there is one.
fn neurons(bundle: &Bundle<'_>, cells: &Cells, symbols: Option<&HashSet<&str>>, report: &mut Report) {
    if !bundle.intact.contains(path::NEURON_INDEX) {
        return;
    }
    let Some(index) = bundle.json::<ConceptIndex>(path::NEURON_INDEX, report) else { return };
    let sides = 2 * u64::from(bundle.manifest.counts.embedding);
    report.same(path::NEURON_INDEX, "rows", index.rows.len() as u64, sides, path::MANIFEST);
    for (place, row) in index.rows.iter().enumerate() {
        if let Err(problem) = row_problem(row, place, cells, symbols) {
            report.note(path::NEURON_INDEX, format!("row {place}: {problem}"));
        }
    }
}

fn row_problem(
    row: &ConceptRow,
    place: usize,
    cells: &Cells,
    symbols: Option<&HashSet<&str>>,
) -> Result<(), String> {
    if row.id.index() != place {
        return Err(format!("its concept is number {}", row.id.0));
    }
    if row.cells as usize > cells.count {
        return Err(format!("{} active cells of {}", row.cells, cells.count));
    }
    if (row.class == ConceptClass::Dead) != (row.cells == 0) {
        return Err(format!("{} active cells, but of class {:?}", row.cells, row.class));
    }
    let binned: u64 = row.histogram.iter().map(|&n| u64::from(n)).sum();
    if binned != u64::from(row.cells) {
        return Err(format!("{} active cells, but {binned} in its histogram", row.cells));
    }
    let metadata = cells.metadata.as_ref();
    let primary = metadata.and_then(|m| m.columns.iter().find(|c| Some(&c.name) == m.primary.as_ref()));
    if let Some(primary) = primary
        && let Some((code, _)) = row.composition.iter().find(|c| usize::from(c.0) >= primary.labels.len())
    {
        return Err(format!("label {code} of {:?}, which has {}", primary.name, primary.labels.len()));
    }
    if let Some(symbols) = symbols
        && let Some(score) = row.genes.iter().find(|score| !symbols.contains(score.gene.as_str()))
    {
        return Err(format!("{:?} is no gene of {}", score.gene, path::GENE_INDEX));
    }
    Ok(())
}

/// Per-concept files of concepts that there are not.
fn strangers(bundle: &Bundle<'_>, report: &mut Report) {
    let expected = |name: &str| {
        let stem = name.split_once('/')?.1.split_once('.')?.0;
        let id = ConceptId(stem.parse().ok()?);
        let counts = &bundle.manifest.counts;
        let concept = [path::concept(id), path::concept_arrays(id), path::samples(id)];
        let neuron = [path::readings(path::NEURONS, id), path::arrays(path::NEURONS, id)];
        let within = |names: &[String], count: u32| id.0 < count && names.iter().any(|known| known == name);
        Some(within(&concept, counts.concepts) || within(&neuron, 2 * counts.embedding))
    };
    for name in bundle.intact.iter().filter(|name| path::is_per_concept(name)) {
        report.expect(expected(name) == Some(true), name, || {
            let counts = &bundle.manifest.counts;
            format!("the file of none of {} concepts or {} neurons", counts.concepts, counts.embedding)
        });
    }
}
