//! Where each file of a bundle is, from its root, with `/` on every system.

pub use super::{
    cell_codes::CELL_CODES,
    cell_map::UMAP,
    cell_metadata::CELL_METADATA,
    cell_names::CELL_NAMES,
    cell_numbers::{cell_numbers, first_numbers},
    concept::{concept, readings},
    concept_arrays::{arrays, concept_arrays},
    concept_index::{CONCEPT_INDEX, CONCEPTS, NEURON_INDEX, NEURONS},
    dictionary::{SAE, SAE_CONFIG, SAE_WEIGHTS},
    embeddings::EMBEDDINGS,
    evaluation::{EVALUATION, EVALUATION_INDEX},
    expression::expression,
    files::FILES,
    first::{
        FIRST_CELLS, FIRST_GENES, FIRST_INDEX, FIRST_NEURONS, first_activations, first_codes, first_concept,
    },
    gene_descriptions::descriptions,
    gene_index::GENE_INDEX,
    gene_sets::{gene_sets, library_of},
    manifest::MANIFEST,
    metrics::METRICS,
    model::{MODEL, MODEL_CARD, MODEL_DECODER, MODEL_ENCODER},
    samples::{samples, samples_of},
};

/// Whether the entry of a file stands in `files.json` and not in the manifest: what a first page does not load.
pub fn is_per_concept(path: &str) -> bool {
    let within = |folder: &str| path.split_once('/').is_some_and(|(first, _)| first == folder);
    within("samples")
        || super::expression::is_expression(path)
        || super::cell_numbers::is_numbers(path)
        || (within(CONCEPTS) && path != CONCEPT_INDEX && path != FIRST_INDEX)
        || (within(NEURONS) && path != NEURON_INDEX && path != FIRST_NEURONS)
}

/// Whether a path stays within the bundle: relative, with `/`, without empty, `.` or `..` parts.
pub fn is_safe(path: &str) -> bool {
    !path.contains(['\\', ':', '\0']) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ConceptId;

    #[test]
    fn paths_that_leave_the_bundle_are_told_apart() {
        for good in ["manifest.json", "concepts/0001.json", "a/..b/c.json"] {
            assert!(is_safe(good), "{good}");
        }
        for bad in ["", "/etc/passwd", "../x", "a/../b", "a//b", "./a", "a\\b", "c:/x", "a/", "a\0"] {
            assert!(!is_safe(bad), "{bad}");
        }
    }

    #[test]
    fn only_per_concept_files_are_kept_out_of_the_manifest() {
        assert!(is_per_concept(&concept(ConceptId(7))) && is_per_concept(&samples(ConceptId(12345))));
        assert!(
            is_per_concept(&expression(3))
                && is_per_concept("neurons/0001.json")
                && is_per_concept(&samples_of(NEURONS, ConceptId(1)))
                && !is_per_concept(NEURON_INDEX)
        );
        assert!(is_per_concept(&cell_numbers(0)) && is_per_concept(&first_numbers(31)));
        assert!(!is_per_concept(CONCEPT_INDEX) && !is_per_concept(GENE_INDEX));
    }
}
