//! The file that tells our folders from others, and says what is done there.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};

use crate::work::{atomic, key::Key};

/// Its name.
pub const MARKER: &str = "cellprism-work.json";
/// Who writes it.
const PROGRAM: &str = "cellprism";

/// Its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// The program.
    made_by: String,
    /// What is done.
    pub task: String,
    /// Everything that decides the result.
    pub key: Key,
}

/// What a folder holds of it.
#[derive(Debug)]
pub enum Found {
    /// The folder is somebody else's.
    None,
    /// The folder is ours; what was done there can no longer be read.
    Damaged,
    /// The folder is ours.
    Whole(Marker),
}

impl Marker {
    /// Of work that begins.
    pub fn new(task: &str, key: &Key) -> Self {
        Self { made_by: PROGRAM.into(), task: task.into(), key: key.clone() }
    }

    /// That of a folder.
    ///
    /// # Errors
    /// If it is there and cannot be read.
    pub fn find(root: &Path) -> io::Result<Found> {
        let path = root.join(MARKER);
        match fs::symlink_metadata(&path) {
            // A pipe of that name would be waited for.
            Ok(about) if !about.is_file() => return Ok(Found::None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::None),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        let marker: Option<Self> = serde_json::from_slice(&fs::read(&path)?).ok();
        Ok(match marker {
            None => Found::Damaged,
            Some(marker) if marker.made_by == PROGRAM => Found::Whole(marker),
            Some(_) => Found::None,
        })
    }

    /// Writes it.
    ///
    /// # Errors
    /// If that fails.
    pub fn write(&self, root: &Path) -> io::Result<()> {
        atomic::write_file(&root.join(MARKER), &serde_json::to_vec_pretty(self)?)
    }
}
