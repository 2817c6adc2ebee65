//! The cache folder: `${XDG_CACHE_HOME:-~/.cache}/cellprism`, one set-up at a time.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::step::say;

/// The locked cache folder; others wait until it is dropped.
pub(crate) struct Cache {
    folder: PathBuf,
    _lock: File,
}

impl Cache {
    /// Where the cache folder is, whether it exists or not.
    ///
    /// # Errors
    /// If neither `XDG_CACHE_HOME` nor `HOME` is set.
    pub(crate) fn location() -> Result<PathBuf> {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let base = set("XDG_CACHE_HOME")
            .or_else(|| set("HOME").map(|home| home.join(".cache")))
            .context("no cache folder: set HOME or XDG_CACHE_HOME")?;
        Ok(base.join("cellprism"))
    }

    /// Opens the cache folder, waiting for another set-up to end.
    ///
    /// # Errors
    /// If the folder cannot be made or locked.
    pub(crate) fn open() -> Result<Self> {
        let folder = Self::location()?;
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let lock = File::create(folder.join(".lock"))?;
        if lock.try_lock().is_err() {
            say(&format!("waiting for another set-up in {}", folder.display()));
            lock.lock()?;
        }
        Ok(Self { folder, _lock: lock })
    }

    /// A path in the cache.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.join(name)
    }

    /// The log of a step.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.folder.join("log").join(format!("{name}.log"))
    }

    /// Whether something was finished in exactly this version.
    pub(crate) fn has(&self, name: &str, version: &str) -> bool {
        fs::read_to_string(self.stamp_file(name)).is_ok_and(|text| text.trim() == version)
    }

    /// Notes that something was finished.
    ///
    /// # Errors
    /// If the note cannot be written.
    pub(crate) fn stamp(&self, name: &str, version: &str) -> Result<()> {
        let file = self.stamp_file(name);
        fs::create_dir_all(self.folder.join("stamp"))?;
        fs::write(&file, format!("{version}\n")).with_context(|| format!("cannot write {}", file.display()))
    }

    fn stamp_file(&self, name: &str) -> PathBuf {
        self.folder.join("stamp").join(name)
    }
}

/// Removes a folder with all it holds, if it exists.
///
/// # Errors
/// If it cannot be removed.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}
