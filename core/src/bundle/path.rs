//! Where each file of a bundle is, from its root, with `/` on every system.

use super::concept_stem;
use crate::ids::ConceptId;

/// What the bundle is and what files it has.
pub const MANIFEST: &str = "manifest.json";
/// Entries of per-concept files.
pub const FILES: &str = "files.json";
/// Columns of cell metadata.
pub const CELL_METADATA: &str = "cells/metadata.json";
/// Codes of those columns.
pub const CELL_CODES: &str = "cells/metadata.safetensors";
/// Quantised coordinates of the cells.
pub const UMAP: &str = "cells/umap.safetensors";
/// Names of the cells.
pub const CELL_NAMES: &str = "cells/ids.json";
/// Embeddings of the cells, where they are small enough to be published.
pub const EMBEDDINGS: &str = "cells/embeddings.safetensors";
/// Folder of the concepts.
pub const CONCEPTS: &str = "concepts";
/// One row a concept.
pub const CONCEPT_INDEX: &str = "concepts/index.json";
/// Folder of the baseline: both sides of every dimension of the embedding, described as concepts are.
pub const NEURONS: &str = "neurons";
/// One row a side: of dimension i the positive part is row i, that of its negative row d + i.
pub const NEURON_INDEX: &str = "neurons/index.json";
/// The model's genes.
pub const GENE_INDEX: &str = "genes/index.json";
/// Configuration of the sparse autoencoder.
pub const SAE_CONFIG: &str = "sae/cfg.json";
/// Its weights.
pub const SAE_WEIGHTS: &str = "sae/sae_weights.safetensors";
/// The foundation model's card.
pub const MODEL_CARD: &str = "model/model.json";
/// The foundation model's encoder, where the page can run it.
pub const MODEL_ENCODER: &str = "model/encoder.safetensors";
/// Its decoder, where the page can steer.
pub const MODEL_DECODER: &str = "model/decoder.safetensors";
/// Metrics of the dictionaries.
pub const METRICS: &str = "evaluation/metrics.json";

/// Readings of a concept or a neuron, by its folder.
pub fn readings(folder: &str, id: ConceptId) -> String {
    format!("{folder}/{}.json", concept_stem(id))
}

/// Arrays of a concept or a neuron, by its folder.
pub fn arrays(folder: &str, id: ConceptId) -> String {
    format!("{folder}/{}.safetensors", concept_stem(id))
}

/// Readings of a concept.
pub fn concept(concept: ConceptId) -> String {
    readings(CONCEPTS, concept)
}

/// Arrays of a concept.
pub fn concept_arrays(concept: ConceptId) -> String {
    arrays(CONCEPTS, concept)
}

/// Counts of a concept's prototypes and counterfactuals.
pub fn samples(concept: ConceptId) -> String {
    format!("samples/{}.safetensors", concept_stem(concept))
}

/// Descriptions of one chunk of genes.
pub fn descriptions(file: u32) -> String {
    format!("genes/descriptions.{file:02}.json")
}

/// The gene sets of a library.
pub fn gene_sets(library: &str) -> String {
    format!("gene_sets/{library}.json")
}

/// Whether the entry of a file stands in `files.json` and not in the manifest: what a first page does not load.
pub fn is_per_concept(path: &str) -> bool {
    let within = |folder: &str| path.split_once('/').is_some_and(|(first, _)| first == folder);
    within("samples")
        || (within(CONCEPTS) && path != CONCEPT_INDEX)
        || (within(NEURONS) && path != NEURON_INDEX)
}

/// Whether a path stays within the bundle: relative, with `/`, without empty, `.` or `..` parts.
pub fn is_safe(path: &str) -> bool {
    !path.contains(['\\', ':', '\0']) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(is_per_concept("neurons/0001.json") && !is_per_concept(NEURON_INDEX));
        assert!(!is_per_concept(CONCEPT_INDEX) && !is_per_concept(GENE_INDEX));
    }
}
