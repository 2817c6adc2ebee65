//! Whether a bundle is whole: every file as listed, every JSON of its type, every array of its shape, and all of
//! them telling the same story.
//!
//! Each kind of file has its check in its own file of [`crate::bundle`]; here they are walked through.

mod listed;
#[cfg(test)]
mod tests;

pub use super::checking::{Folder, FolderError, Problem, Report};
use super::{
    ConceptDetail, ConceptIndex, File, GeneIndex, Manifest, cell_numbers,
    cells::{self, Cells},
    checking::Bundle,
    concept, concept_arrays, concept_index, dictionary, evaluation, expression, first, gene_descriptions,
    gene_index, gene_sets, metrics, model, path, samples,
};
use crate::{concepts::ConceptClass, ids::ConceptId, parallel};

/// Looks at everything. The first files that must be there are the manifest and what it lists; the rest is
/// compared as far as it can be read, so that one damaged file does not hide another.
pub fn verify(folder: &dyn Folder) -> Report {
    let mut report = Report::default();
    let found = folder
        .read(path::MANIFEST)
        .map_err(|error| error.to_string())
        .and_then(|bytes| Manifest::from_bytes(path::MANIFEST, &bytes).map_err(|error| error.problem()));
    let manifest = match found {
        Ok(manifest) => manifest,
        Err(error) => {
            report.note(path::MANIFEST, error);
            return report;
        }
    };
    let intact = listed::check(folder, &manifest, &mut report);
    let bundle = Bundle { folder, manifest, intact };
    for required in [
        path::FILES,
        path::CELL_METADATA,
        path::CELL_CODES,
        path::CELL_NAMES,
        path::CONCEPT_INDEX,
        path::GENE_INDEX,
        path::SAE_CONFIG,
        path::SAE_WEIGHTS,
        path::MODEL_CARD,
    ] {
        let listed = required == path::FILES || bundle.manifest.files.contains_key(required);
        report.expect(listed, required, || {
            "every bundle has this file, but the manifest does not list it".into()
        });
    }
    let cells = cells::check(&bundle, &mut report);
    first::check(&bundle, cells.metadata.as_ref(), &mut report);
    let genes = gene_index::check(&bundle, &mut report);
    if let Some(genes) = &genes {
        gene_descriptions::check(&bundle, genes, &mut report);
        gene_sets::check(&bundle, genes, &mut report);
        expression::check(&bundle, genes, &mut report);
    }
    dictionary::check(&bundle, &mut report);
    model::check(&bundle, genes.as_ref(), &mut report);
    metrics::check(&bundle, &mut report);
    evaluation::check(&bundle, &mut report);
    concepts(&bundle, &cells, genes.as_ref(), &mut report);
    neuron_samples(&bundle, &cells, genes.as_ref(), &mut report);
    report
}

/// Counts of neurons' cells, where the bundle keeps them.
fn neuron_samples(bundle: &Bundle<'_>, cells: &Cells, genes: Option<&GeneIndex>, report: &mut Report) {
    let sides = 2 * bundle.manifest.counts.embedding as usize;
    for found in parallel::map(sides, |side| {
        let (mut report, id) = (Report::default(), ConceptId(side as u32));
        if bundle.intact.contains(&path::samples_of(path::NEURONS, id))
            && let Some(detail) =
                bundle.read::<ConceptDetail>(&path::readings(path::NEURONS, id), &mut report)
        {
            samples::check(bundle, path::NEURONS, &detail, cells, genes, &mut report);
        }
        report
    }) {
        report.problems.extend(found.problems);
    }
}

fn concepts(bundle: &Bundle<'_>, cells: &Cells, genes: Option<&GeneIndex>, report: &mut Report) {
    strangers(bundle, report);
    let Some((index, neurons)) = concept_index::check(bundle, cells, genes, report) else { return };
    if let Some(neurons) = &neurons {
        first::check_neurons(bundle, neurons, report);
    }
    first::check_index(bundle, &index, report);
    // One report a concept, joined in order, so that the outcome never depends on the number of threads.
    for found in parallel::map(index.rows.len(), |place| one_concept(bundle, &index, place, cells, genes)) {
        report.problems.extend(found.problems);
    }
}

fn one_concept(
    bundle: &Bundle<'_>,
    index: &ConceptIndex,
    place: usize,
    cells: &Cells,
    genes: Option<&GeneIndex>,
) -> Report {
    let mut report = Report::default();
    let row = &index.rows[place];
    if row.id.index() != place {
        return report;
    }
    let Some(detail) = concept::check(bundle, index, row, cells, genes, &mut report) else { return report };
    // A dead concept has no cells, no scores and so no arrays.
    if row.class != ConceptClass::Dead {
        concept_arrays::check(bundle, &detail, cells, genes, &mut report);
    }
    // One that is not described has no prototypes to keep counts of.
    if row.class != ConceptClass::Dead && !row.not_described {
        samples::check(bundle, path::CONCEPTS, &detail, cells, genes, &mut report);
        first::check_concept(bundle, path::CONCEPTS, row.id, &mut report);
    }
    report
}

/// Per-concept files of concepts that there are not.
fn strangers(bundle: &Bundle<'_>, report: &mut Report) {
    let expected = |name: &str| {
        let stem = name.rsplit_once('/')?.1.split_once('.')?.0;
        let id = ConceptId(stem.parse().ok()?);
        let counts = &bundle.manifest.counts;
        let of = |folder| {
            [path::readings(folder, id), path::arrays(folder, id)]
                .into_iter()
                .chain([path::first_activations(folder, id), path::first_concept(folder, id)])
        };
        let concept: Vec<String> = of(path::CONCEPTS).chain([path::samples(id)]).collect();
        let neuron: Vec<String> = of(path::NEURONS).chain([path::samples_of(path::NEURONS, id)]).collect();
        let within = |names: &[String], count: u32| id.0 < count && names.iter().any(|known| known == name);
        Some(within(&concept, counts.concepts) || within(&neuron, 2 * counts.embedding))
    };
    let numbered = |name: &&String| {
        path::is_per_concept(name) && !expression::is_expression(name) && !cell_numbers::is_numbers(name)
    };
    for name in bundle.intact.iter().filter(numbered) {
        report.expect(expected(name) == Some(true), name, || {
            let counts = &bundle.manifest.counts;
            format!("the file of none of {} concepts or {} neurons", counts.concepts, counts.embedding)
        });
    }
}
