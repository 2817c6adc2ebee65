//! Whether a bundle is whole: every file as listed, every JSON of its type, every array of its shape, and all of
//! them telling the same story.
//!
//! | file | what it looks at |
//! |---|---|
//! | `files` | the lists of files, sizes, checksums, files that are in no list |
//! | `arrays` | tensors of the shapes that other files promise |
//! | `cells` | metadata, coordinates, names |
//! | `genes` | genes, descriptions, gene sets |
//! | `model` | the autoencoder and the foundation model |
//! | `concepts` | the index against each concept's readings |
//! | `concept` | one concept's readings against its arrays |
//! | `samples` | counts of one concept's prototypes and counterfactuals |

mod arrays;
mod cells;
mod concept;
mod concepts;
mod files;
mod genes;
mod model;
mod samples;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::{GeneIndex, Manifest, ReadError, path, read_json, read_manifest};

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
    fn note(&mut self, file: &str, problem: impl Into<String>) {
        self.problems.push(Problem { file: file.to_owned(), problem: problem.into() });
    }

    /// Notes a problem unless `holds`.
    fn expect(&mut self, holds: bool, file: &str, problem: impl FnOnce() -> String) {
        if !holds {
            self.note(file, problem());
        }
    }

    /// Notes that two numbers of the same thing differ.
    fn same(&mut self, file: &str, what: &str, found: impl Into<u64>, expected: impl Into<u64>, by: &str) {
        let (found, expected) = (found.into(), expected.into());
        self.expect(found == expected, file, || format!("{what}: {found}, but {expected} by {by}"));
    }
}

/// Files whose checksums are right, and what they must agree with.
struct Bundle<'a> {
    folder: &'a dyn Folder,
    manifest: Manifest,
    intact: std::collections::BTreeSet<String>,
}

impl Bundle<'_> {
    /// Whether the file is there and as listed.
    fn has(&self, path: &str) -> bool {
        self.intact.contains(path)
    }

    /// The content of an intact file; one that is absent or damaged has been reported.
    fn content(&self, path: &str, report: &mut Report) -> Option<Vec<u8>> {
        if !self.has(path) {
            return None;
        }
        self.folder.read(path).map_err(|e| report.note(path, e)).ok()
    }

    /// An intact JSON file; its problems are reported.
    fn json<T: serde::de::DeserializeOwned>(&self, path: &str, report: &mut Report) -> Option<T> {
        let bytes = self.content(path, report)?;
        match read_json(path, &bytes) {
            Ok(value) => Some(value),
            Err(ReadError::Json { source, .. }) => {
                report.note(path, source.to_string());
                None
            }
            Err(other) => {
                report.note(path, other.to_string());
                None
            }
        }
    }
}

/// Looks at everything. The first files that must be there are the manifest and what it lists; the rest is
/// compared as far as it can be read, so that one damaged file does not hide another.
pub fn verify(folder: &dyn Folder) -> Report {
    let mut report = Report::default();
    let manifest = match folder.read(path::MANIFEST) {
        Ok(bytes) => match read_manifest(&bytes) {
            Ok(manifest) => manifest,
            Err(error) => {
                let text = error.to_string();
                report.note(path::MANIFEST, text.strip_prefix("manifest.json: ").unwrap_or(&text));
                return report;
            }
        },
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
    let cells = cells::check(&bundle, &mut report);
    let genes: Option<GeneIndex> = bundle.json(path::GENE_INDEX, &mut report);
    if let Some(genes) = &genes {
        genes::check(&bundle, genes, &mut report);
    }
    model::check(&bundle, genes.as_ref(), &mut report);
    concepts::check(&bundle, &cells, genes.as_ref(), &mut report);
    report
}
