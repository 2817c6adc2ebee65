//! The files of a bundle, wherever they are, and those of them that are as listed.

use std::collections::BTreeSet;

use super::Report;
use crate::bundle::{File, Manifest};

/// Why a folder cannot be listed or a file in it cannot be read: what its place says of it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct FolderError(pub Box<dyn std::error::Error + Send + Sync>);

/// A folder of files, wherever it is: on disk, in memory, dropped onto a page.
pub trait Folder: Sync {
    /// Every file with its size, by path from the root with `/`.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    fn list(&self) -> Result<Vec<(String, u64)>, FolderError>;

    /// The content of a file.
    ///
    /// # Errors
    /// If it cannot be read.
    fn read(&self, path: &str) -> Result<Vec<u8>, FolderError>;
}

/// Files whose checksums are right, and what they must agree with.
pub(in crate::bundle) struct Bundle<'a> {
    pub(in crate::bundle) folder: &'a dyn Folder,
    pub(in crate::bundle) manifest: Manifest,
    /// Paths of the files that are there and as listed.
    pub(in crate::bundle) intact: BTreeSet<String>,
}

impl Bundle<'_> {
    /// Whether the file is there and as listed.
    pub(in crate::bundle) fn has(&self, path: &str) -> bool {
        self.intact.contains(path)
    }

    /// The content of an intact file; one that is absent or damaged has been reported.
    pub(in crate::bundle) fn content(&self, path: &str, report: &mut Report) -> Option<Vec<u8>> {
        if !self.has(path) {
            return None;
        }
        self.folder.read(path).map_err(|e| report.note(path, e.to_string())).ok()
    }

    /// An intact file of a kind; its problems are reported.
    pub(in crate::bundle) fn read<T: File>(&self, path: &str, report: &mut Report) -> Option<T> {
        let bytes = self.content(path, report)?;
        T::from_bytes(path, &bytes).map_err(|error| report.note(path, error.problem())).ok()
    }

    /// Notes that a file is missing which an index promises.
    pub(in crate::bundle) fn expect_of_index(&self, path: &str, index: &str, report: &mut Report) {
        // A file that is there but not as listed has been reported already.
        report.expect(self.has(path) || self.folder.read(path).is_ok(), path, || {
            format!("{index} has this concept, but the file is not listed or not there")
        });
    }
}
