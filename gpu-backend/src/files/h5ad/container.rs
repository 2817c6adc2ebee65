//! An open HDF5 file.

use std::{
    io::{Read as _, Seek as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use hdf5_pure::{ChunkCacheConfig, FileAccessProperties};

use super::{
    error::H5adError,
    metered::{Meter, Metered},
};
use crate::work::regular;

/// Decompressed chunks kept per array: neighbouring windows share one.
const CHUNK_CACHE: usize = 32 << 20;

/// An open file.
pub(super) struct Container {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) file: hdf5_pure::File,
    meter: Arc<Meter>,
}

impl Container {
    pub(super) fn open(path: &Path) -> Result<Self, H5adError> {
        let open = |source| H5adError::Open { path: path.to_owned(), source };
        let mut file = regular::open(path).map_err(open)?;
        let bytes = file.metadata().map_err(open)?.len();
        let mut head = Vec::new();
        file.by_ref().take(512).read_to_end(&mut head).map_err(open)?;
        file.rewind().map_err(open)?;
        if !hdf5_pure::is_hdf5(path).map_err(open)? {
            return Err(H5adError::NotHdf5 { path: path.to_owned(), found: describe(&head) });
        }
        let access = FileAccessProperties::new()
            .with_chunk_cache(ChunkCacheConfig::new().with_max_bytes(CHUNK_CACHE).with_max_slots(1024));
        let damaged = |error: &dyn std::fmt::Display| H5adError::Damaged {
            path: path.to_owned(),
            dataset: "the file's header".into(),
            problem: format!("{error}; the file may be truncated, copy or download it again"),
        };
        let (source, meter) = Metered::new(file).map_err(|error| damaged(&error))?;
        let file =
            hdf5_pure::File::from_source_with_options(source, access).map_err(|error| damaged(&error))?;
        Ok(Self { path: path.to_owned(), bytes, file, meter })
    }

    /// A new question to the library begins: what it may read is counted from here.
    pub(super) fn ask(&self) {
        self.meter.ask();
    }

    /// Names and metadata are read: from here on rows are.
    pub(super) fn opened(&self) {
        self.meter.opened();
    }

    pub(super) fn damaged(&self, dataset: &str, problem: impl ToString) -> H5adError {
        let mut problem = problem.to_string();
        if problem.contains("unexpected EOF") {
            problem.push_str("; the file is cut short, copy or download it again");
        } else if problem.contains("layout version") {
            problem.push_str("; a newer HDF5 library wrote this (libver \"latest\"), save it again with anndata's write_h5ad");
        }
        H5adError::Damaged { path: self.path.clone(), dataset: dataset.into(), problem }
    }

    /// Names of everything in a group, sorted.
    pub(super) fn members(&self, group: &str) -> Result<Vec<String>, H5adError> {
        let failed = |error| self.damaged(group, error);
        self.ask();
        let handle = self.file.group(group).map_err(failed)?;
        let mut names = handle.datasets().map_err(failed)?;
        names.extend(handle.groups().map_err(failed)?);
        names.sort();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(self.damaged(group, format!("it holds {:?} twice", pair[0])));
        }
        Ok(names)
    }
}

/// What a file that is no HDF5 file seems to be.
fn describe(head: &[u8]) -> String {
    match head {
        [] => "it is empty".into(),
        [0x1f, 0x8b, ..] => "it is gzip-compressed: unpack it first".into(),
        [b'P', b'K', 3, 4, ..] => "it is a zip archive".into(),
        _ if std::str::from_utf8(head).is_ok_and(|text| !text.contains('\0')) => "it is a text file".into(),
        _ => "it lacks the HDF5 signature; if it is cut short, copy or download it again".into(),
    }
}
