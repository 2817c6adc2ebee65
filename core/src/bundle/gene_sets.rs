//! `gene_sets/<library>.json`: the sets of a library with at least one gene of the model.

use super::{
    GeneIndex, JsonFile,
    checking::{Bundle, Report},
    gene_index::GENE_INDEX,
};
use crate::gsea::GeneSetFile;

/// The gene sets of a library.
pub fn gene_sets(library: &str) -> String {
    format!("gene_sets/{library}.json")
}

/// The library whose sets a file holds.
pub fn library_of(path: &str) -> Option<&str> {
    path.strip_prefix("gene_sets/")?.strip_suffix(".json")
}

impl JsonFile for GeneSetFile {}

/// Libraries under their own names, with genes of the index.
pub(super) fn check(bundle: &Bundle<'_>, genes: &GeneIndex, report: &mut Report) {
    let genes = genes.symbols.len();
    for file in bundle.manifest.files.keys() {
        let Some(library) = library_of(file) else { continue };
        let Some(found) = bundle.read::<GeneSetFile>(file, report) else { continue };
        report.expect(found.library == library, file, || format!("it holds the library {:?}", found.library));
        let beyond = found.sets.iter().find(|(_, set)| set.iter().any(|gene| gene.index() >= genes));
        if let Some((term, _)) = beyond {
            report.note(file, format!("set {term:?} has a gene beyond the {genes} of {GENE_INDEX}"));
        }
    }
}
