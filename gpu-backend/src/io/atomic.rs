//! Output that is either whole under its final name or not there: written beside it, synchronised, renamed.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Writes `content` to `path` so that a reader, or a crash, never sees half of it.
///
/// # Errors
/// If the folder cannot be written to. Nothing is left under the final name then.
pub fn write_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = parent(path);
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".").suffix(".partial").tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    File::open(folder)?.sync_all()
}

/// A folder being written: it appears under its final name only by [`OutputFolder::finish`], and is removed
/// if it is dropped before.
#[derive(Debug)]
pub struct OutputFolder {
    partial: tempfile::TempDir,
    target: PathBuf,
}

impl OutputFolder {
    /// Starts a folder that will become `target`.
    ///
    /// # Errors
    /// If `target` exists and is not an empty folder, or its parent cannot be written to.
    pub fn create(target: &Path) -> io::Result<Self> {
        if target.exists() && (!target.is_dir() || fs::read_dir(target)?.next().is_some()) {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!("{} exists already: choose another name or remove it", target.display()),
            ));
        }
        let folder = parent(target);
        fs::create_dir_all(folder)?;
        let partial = tempfile::Builder::new().prefix(".").suffix(".partial").tempdir_in(folder)?;
        Ok(Self { partial, target: target.to_owned() })
    }

    /// Where to write meanwhile.
    pub fn path(&self) -> &Path {
        self.partial.path()
    }

    /// Gives the folder its final name.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn finish(self) -> io::Result<()> {
        if self.target.exists() {
            fs::remove_dir(&self.target)?;
        }
        let partial = self.partial.keep();
        fs::rename(partial, &self.target)
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
