//! An HDF5 file whose groups and arrays are looked up by path.

use std::{
    collections::HashMap,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use hdf5_pure::{AttrValue, ChunkCacheConfig, Error, FileAccessProperties, FormatError};

use super::{array::Array, error::H5adError};

/// Decompressed chunks kept per array: neighbouring windows share one.
const CHUNK_CACHE: usize = 32 << 20;

/// An open file.
pub(super) struct Container {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    file: hdf5_pure::File,
}

/// What is found under a path.
pub(super) enum Node {
    Group(HashMap<String, AttrValue>),
    Array(Array),
}

impl Container {
    pub(super) fn open(path: &Path) -> Result<Self, H5adError> {
        let open = |source| H5adError::Open { path: path.to_owned(), source };
        let file = File::open(path).map_err(open)?;
        let bytes = file.metadata().map_err(open)?.len();
        let mut head = Vec::new();
        file.take(512).read_to_end(&mut head).map_err(open)?;
        if !hdf5_pure::is_hdf5(path).map_err(open)? {
            return Err(H5adError::NotHdf5 { path: path.to_owned(), found: describe(&head) });
        }
        let access = FileAccessProperties::new()
            .with_chunk_cache(ChunkCacheConfig::new().with_max_bytes(CHUNK_CACHE).with_max_slots(1024));
        let file = hdf5_pure::File::open_streaming_with_options(path, access).map_err(|error| {
            H5adError::Damaged {
                path: path.to_owned(),
                dataset: "the file's header".into(),
                problem: format!("{error}; the file may be truncated, copy or download it again"),
            }
        })?;
        Ok(Self { path: path.to_owned(), bytes, file })
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

    /// The group or array under `name`, if there is one.
    pub(super) fn find(&self, name: &str) -> Result<Option<Node>, H5adError> {
        match self.file.dataset(name) {
            Ok(dataset) => Array::new(self, name, dataset).map(|array| Some(Node::Array(array))),
            Err(Error::NotADataset(_)) => {
                let group = self.file.group(name).map_err(|error| self.damaged(name, error))?;
                group.attrs().map(|attrs| Some(Node::Group(attrs))).map_err(|error| self.damaged(name, error))
            }
            Err(Error::Format(FormatError::PathNotFound(_)) | Error::NotAGroup(_)) => Ok(None),
            Err(error) => Err(self.damaged(name, error)),
        }
    }

    /// The array under `name`, which must be there.
    pub(super) fn array(&self, name: &str) -> Result<Array, H5adError> {
        self.find_array(name)?.ok_or_else(|| self.damaged(name, "there is no such dataset"))
    }

    /// The array under `name`, if there is one.
    pub(super) fn find_array(&self, name: &str) -> Result<Option<Array>, H5adError> {
        Ok(match self.find(name)? {
            Some(Node::Array(array)) => Some(array),
            Some(Node::Group(_)) | None => None,
        })
    }

    /// Names of everything in a group, sorted.
    pub(super) fn members(&self, group: &str) -> Result<Vec<String>, H5adError> {
        let failed = |error| self.damaged(group, error);
        let handle = self.file.group(group).map_err(failed)?;
        let mut names = handle.datasets().map_err(failed)?;
        names.extend(handle.groups().map_err(failed)?);
        names.sort();
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
