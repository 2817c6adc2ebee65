//! An open HDF5 file.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use hdf5_pure::{ChunkCacheConfig, FileAccessProperties, FormatError, Source};

use super::{
    error::H5adError,
    metered::{Meter, Metered},
    room::Room,
};

/// What every HDF5 file has at its start, or after a block of the user's own of 512 bytes, 1024, …
const SIGNATURE: &[u8; 8] = b"\x89HDF\r\n\x1a\n";

/// An open file.
pub(super) struct Container {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) file: hdf5_pure::File,
    pub(super) room: Room,
    meter: Arc<Meter>,
}

impl Container {
    pub(super) fn open(
        path: &Path,
        source: impl Source + Send + Sync + 'static,
        room: Room,
    ) -> Result<Self, H5adError> {
        let unread = |error: FormatError| H5adError::Open {
            path: path.to_owned(),
            source: std::io::Error::other(error.to_string()),
        };
        let bytes = source.len();
        if !has_signature(&source).map_err(unread)? {
            let head = source.read_exact_at(0, bytes.min(512) as usize).map_err(unread)?;
            return Err(H5adError::NotHdf5 { path: path.to_owned(), found: describe(&head) });
        }
        let access = FileAccessProperties::new()
            .with_chunk_cache(ChunkCacheConfig::new().with_max_bytes(room.cache).with_max_slots(1024));
        let damaged = |error: &dyn std::fmt::Display| H5adError::Damaged {
            path: path.to_owned(),
            dataset: "the file's header".into(),
            problem: format!("{error}; the file may be truncated, copy or download it again"),
        };
        let (source, meter) = Metered::new(source);
        let file =
            hdf5_pure::File::from_source_with_options(source, access).map_err(|error| damaged(&error))?;
        Ok(Self { path: path.to_owned(), bytes, file, room, meter })
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
        } else if problem.contains("fill whole buffer") {
            problem = "the file ends here by now: it was cut while it was read; give the command again when it is whole".into();
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

fn has_signature(source: &impl Source) -> Result<bool, FormatError> {
    let mut at = 0u64;
    while at.saturating_add(SIGNATURE.len() as u64) <= source.len() {
        let mut found = [0; SIGNATURE.len()];
        source.read_at(at, &mut found)?;
        if found == *SIGNATURE {
            return Ok(true);
        }
        at = if at == 0 { 512 } else { at.saturating_mul(2) };
    }
    Ok(false)
}

/// What a file that is no HDF5 file seems to be.
fn describe(head: &[u8]) -> String {
    match head {
        [] => "it is empty".into(),
        [0x1f, 0x8b, ..] => "it is gzip-compressed: unpack it first".into(),
        [b'P', b'K', 3, 4, ..] => "it is a zip archive: unpack it first".into(),
        _ if std::str::from_utf8(head).is_ok_and(|text| !text.contains('\0')) => "it is a text file".into(),
        _ => "it lacks the HDF5 signature; if it is cut short, copy or download it again".into(),
    }
}
