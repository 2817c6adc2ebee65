//! Concepts that are listed without being described, where only the most active ones are asked for: which cells activate
//! them, and no genes.

use cellprism_core::{
    bundle::{ConceptArrays, ConceptRow, File as _, path},
    concepts::ActiveCells,
    ids::{CellId, ConceptId},
    readings::{claims::individuals, title, title_cells, title_parts},
};

use super::{concept::without_readings, context::Context, subject::Subject, work::Work};

/// The concepts to describe: those with most active cells, ties with the lower number, ascending; all where nothing is said.
pub fn wanted(context: &Context, subject: &Subject) -> Vec<ConceptId> {
    let mut ids: Vec<ConceptId> = subject.activations.iter().map(|(id, _)| id).collect();
    if let Some(most) = context.parameters.describe {
        let cells = |id: &ConceptId| subject.activations.of(*id).len();
        ids.sort_by(|a, b| cells(b).cmp(&cells(a)).then(a.cmp(b)));
        ids.truncate(most as usize);
        ids.sort_unstable();
    }
    ids
}

/// Writes what is known of a concept by its activations alone, and returns its row.
///
/// # Errors
/// If a file cannot be written.
pub fn list(context: &Context, subject: &Subject, id: ConceptId, work: &Work) -> anyhow::Result<ConceptRow> {
    let active = subject.activations.of(id);
    let most = context.parameters.describe.unwrap_or(0);
    let why = format!(
        "only the {most} {} with most active cells were described (--describe {most})",
        subject.folder
    );
    let (mut row, mut detail) = without_readings(context, subject, id, &why);
    if active.is_empty() {
        work.put(&path::readings(subject.folder, id), &detail.to_bytes()?)?;
        work.finish_row(subject.folder, &row)?;
        return Ok(row);
    }
    row.not_described = true;
    title_of_cells(context, active, &mut row);
    detail.title = row.title.clone();
    detail.title_parts = row.title_parts.clone();
    detail.verdict = format!(
        "Active in {} of {} cells; its genes were not scored: {why}.",
        active.len(),
        context.names.len()
    );
    let arrays = ConceptArrays {
        cells: active.cells.iter().map(|cell| cell.0).collect(),
        activations: active.values.clone(),
        ..ConceptArrays::default()
    };
    work.put(&path::arrays(subject.folder, id), &arrays.to_bytes()?)?;
    work.put(&path::readings(subject.folder, id), &detail.to_bytes()?)?;
    work.finish_row(subject.folder, &row)?;
    Ok(row)
}

/// What its cells are: the part of a title that needs no genes.
fn title_of_cells(context: &Context, active: &ActiveCells, row: &mut ConceptRow) {
    let Some(parameters) = &context.parameters.reading else { return };
    let prototypes = active.prototypes(context.parameters.attribution.prototypes as usize);
    let prototypes: Vec<CellId> = prototypes.into_iter().map(|(cell, _)| cell).collect();
    let cells = title_cells(active, &prototypes, &context.columns, individuals(), parameters);
    row.title_parts = title_parts(cells, |_| Vec::new(), u32::MAX, &row.labels);
    row.title = title(&row.title_parts);
}
