//! What is known only when all concepts are described: which labels survive, which claims hold, and the words that follow.

use std::fs;

use anyhow::Context as _;
use cellprism_core::{
    bundle::{ConceptClass, ConceptDetail, ConceptRow, File as _, Maybe, ReadingParameters, path},
    readings::{
        claims::{adjust, donor_column, examine},
        name_pathways, settle as settle_labels, title,
        verdict::{ConceptFacts, of_concept},
    },
};

use super::{context::Context, reading::no_label, subject::Subject, work::Work};

/// What came out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settled {
    /// Concepts and sides that were tested together.
    pub tests: u32,
    /// Labels that survive.
    pub surviving: u32,
    /// Concepts with enough cells to be tested.
    pub concepts: u32,
    /// Of those, with a label that survives.
    pub surviving_concepts: u32,
}

/// Settles all rows of a subject and brings their details up to date. The same again changes nothing, so that a run that
/// was killed here can go on.
///
/// # Errors
/// If a file cannot be read or written.
pub fn settle(
    context: &Context,
    subject: &Subject,
    rows: &mut [ConceptRow],
    work: &Work,
) -> anyhow::Result<Settled> {
    let Some(parameters) = &context.parameters.reading else { return Ok(Settled::default()) };
    let (tests, surviving) = settle_labels(rows.iter_mut().map(|row| &mut row.labels), parameters.survives);
    settle_claims(context, subject, rows, parameters);
    let mut settled = Settled { tests, surviving, ..Settled::default() };
    for row in rows.iter_mut().filter(|row| row.class != ConceptClass::Dead) {
        if row.not_described {
            update(subject, row, None, work)?;
            continue;
        }
        name_pathways(&mut row.title_parts, &row.labels);
        row.title = title(&row.title_parts);
        row.survives = [&row.labels.presence, &row.labels.absence].into_iter().flatten().any(|l| l.survives);
        let active = subject.activations.of(row.id);
        let no_label = no_label(context, active);
        settled.concepts += u32::from(no_label.is_none());
        settled.surviving_concepts += u32::from(row.survives);
        let verdict = of_concept(ConceptFacts {
            active: active.len() as u32,
            cells: context.names.len() as u32,
            parts: &row.title_parts,
            labels: &row.labels,
            no_label: no_label.as_deref(),
        });
        update(subject, row, Some(verdict), work)?;
    }
    Ok(settled)
}

/// Whether claims hold beyond the base rate; their p over all labels and concepts.
fn settle_claims(
    context: &Context,
    subject: &Subject,
    rows: &mut [ConceptRow],
    parameters: &ReadingParameters,
) {
    let donors = donor_column(&context.columns);
    let specificity = &context.parameters.specificity;
    let tested = rows.iter().filter(|row| row.cells >= specificity.min_cells).count();
    let labels: usize = context.columns.iter().map(|column| column.labels.len()).sum();
    let mut p = Vec::new();
    for row in rows.iter_mut() {
        let active = subject.activations.of(row.id);
        for claim in &mut row.specific {
            if let Some(column) = context.columns.iter().find(|column| column.name == claim.column) {
                p.push(examine(claim, active, column, donors, specificity, parameters));
            }
        }
    }
    let adjusted = adjust(&p, labels * tested);
    let claims = rows.iter_mut().flat_map(|row| &mut row.specific);
    claims.zip(adjusted).for_each(|(claim, p)| claim.p_adjusted = Some(p));
}

/// Brings a concept's details up to date; without a verdict what was said of its cells stays.
fn update(subject: &Subject, row: &ConceptRow, verdict: Option<String>, work: &Work) -> anyhow::Result<()> {
    let file = path::readings(subject.folder, row.id);
    let place = work.bundle().join(&file);
    let bytes = fs::read(&place).with_context(|| format!("cannot read {}", place.display()))?;
    let mut detail = ConceptDetail::from_bytes(&file, &bytes)?;
    for column in &mut detail.columns {
        if let Some(claim) = row.specific.iter().find(|claim| claim.column == column.column) {
            column.specific = Maybe::Value(claim.clone());
        }
    }
    if let Some(verdict) = verdict {
        detail.labels = row.labels.clone();
        detail.title = row.title.clone();
        detail.title_parts = row.title_parts.clone();
        detail.verdict = verdict;
    }
    work.settle_row(subject.folder, row.id, &detail.to_bytes()?)
}
