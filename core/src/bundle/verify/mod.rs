//! Whether a bundle is whole: every file as listed, every JSON of its type, every array of its shape, and all of
//! them telling the same story.
//!
//! Each kind of file has its check in its own file of [`crate::bundle`]; here they are walked through.

mod arrays;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub(super) use self::arrays::Arrays;
use super::{
    CellMetadata, CellNames, File, GeneIndex, Manifest, cell_codes, cell_map, cell_metadata, cell_names,
    concept, concept_index, dictionary, embeddings, files, gene_descriptions, gene_index, gene_sets, metrics,
    model, path,
};
use crate::parallel;

/// A folder of files, wherever it is: on disk, in memory, dropped onto a page.
pub trait Folder: Sync {
    /// Every file with its size, by path from the root with `/`.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    fn list(&self) -> Result<Vec<(String, u64)>, String>;

    /// The content of a file.
    ///
    /// # Errors
    /// If it cannot be read.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
}

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Path from the bundle's root.
    pub file: String,
    /// What is wrong.
    pub problem: String,
}

/// The outcome of [`verify`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Files looked at.
    pub files: usize,
    /// Their size together.
    pub bytes: u64,
    /// What is wrong; nothing if the bundle is whole.
    pub problems: Vec<Problem>,
}

impl Report {
    pub(super) fn note(&mut self, file: &str, problem: impl Into<String>) {
        self.problems.push(Problem { file: file.to_owned(), problem: problem.into() });
    }

    /// Notes a problem unless `holds`.
    pub(super) fn expect(&mut self, holds: bool, file: &str, problem: impl FnOnce() -> String) {
        if !holds {
            self.note(file, problem());
        }
    }

    /// Notes that two numbers of the same thing differ.
    pub(super) fn same(
        &mut self,
        file: &str,
        what: &str,
        found: impl Into<u64>,
        expected: impl Into<u64>,
        by: &str,
    ) {
        let (found, expected) = (found.into(), expected.into());
        self.expect(found == expected, file, || format!("{what}: {found}, but {expected} by {by}"));
    }
}

/// Files whose checksums are right, and what they must agree with.
pub(super) struct Bundle<'a> {
    pub(super) folder: &'a dyn Folder,
    pub(super) manifest: Manifest,
    /// Paths of the files that are there and as listed.
    pub(super) intact: std::collections::BTreeSet<String>,
}

impl Bundle<'_> {
    /// Whether the file is there and as listed.
    pub(super) fn has(&self, path: &str) -> bool {
        self.intact.contains(path)
    }

    /// The content of an intact file; one that is absent or damaged has been reported.
    pub(super) fn content(&self, path: &str, report: &mut Report) -> Option<Vec<u8>> {
        if !self.has(path) {
            return None;
        }
        self.folder.read(path).map_err(|e| report.note(path, e)).ok()
    }

    /// An intact file of a kind; its problems are reported.
    pub(super) fn read<T: File>(&self, path: &str, report: &mut Report) -> Option<T> {
        let bytes = self.content(path, report)?;
        T::from_bytes(path, &bytes).map_err(|error| report.note(path, error.problem())).ok()
    }
}

/// What concepts are compared with.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// Cells, by the manifest.
    pub(super) count: usize,
    /// Names, where they could be read.
    pub(super) names: Option<CellNames>,
    /// Columns, where they could be read.
    pub(super) metadata: Option<CellMetadata>,
}

/// Looks at everything. The first files that must be there are the manifest and what it lists; the rest is
/// compared as far as it can be read, so that one damaged file does not hide another.
pub fn verify(folder: &dyn Folder) -> Report {
    let mut report = Report::default();
    let found = folder
        .read(path::MANIFEST)
        .and_then(|bytes| Manifest::from_bytes(path::MANIFEST, &bytes).map_err(|error| error.problem()));
    let manifest = match found {
        Ok(manifest) => manifest,
        Err(error) => {
            report.note(path::MANIFEST, error);
            return report;
        }
    };
    let intact = files::check(folder, &manifest, &mut report);
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
    let cells = cells(&bundle, &mut report);
    let genes = gene_index::check(&bundle, &mut report);
    if let Some(genes) = &genes {
        gene_descriptions::check(&bundle, genes, &mut report);
        gene_sets::check(&bundle, genes, &mut report);
    }
    dictionary::check(&bundle, &mut report);
    model::check(&bundle, genes.as_ref(), &mut report);
    metrics::check(&bundle, &mut report);
    concepts(&bundle, &cells, genes.as_ref(), &mut report);
    report
}

fn cells(bundle: &Bundle<'_>, report: &mut Report) -> Cells {
    let names = cell_names::check(bundle, report);
    let metadata = cell_metadata::check(bundle, report);
    if let Some(metadata) = &metadata {
        cell_codes::check(bundle, metadata, report);
        cell_map::check(bundle, metadata, report);
    }
    embeddings::check(bundle, report);
    Cells { count: bundle.manifest.counts.cells as usize, names, metadata }
}

fn concepts(bundle: &Bundle<'_>, cells: &Cells, genes: Option<&GeneIndex>, report: &mut Report) {
    let Some(index) = concept_index::check(bundle, cells, genes, report) else { return };
    // One report a concept, joined in order, so that the outcome never depends on the number of threads.
    for found in parallel::map(index.rows.len(), |place| concept::check(bundle, &index, place, cells, genes))
    {
        report.problems.extend(found.problems);
    }
}
