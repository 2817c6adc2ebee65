//! Where everything lies. Names are drawn by the server or are digests: none comes from a request.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

use crate::work::place;

/// Longest name of a file that is taken over from a client.
const LONGEST_NAME: usize = 120;

/// The folder of a server, held by one process.
#[derive(Debug)]
pub struct DataFolder {
    root: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Opens the folder, or makes it.
    ///
    /// # Errors
    /// If it cannot be written to, or another server uses it.
    pub fn open(root: &Path) -> anyhow::Result<Self> {
        let failed = || format!("--data-dir {}: cannot be written to", root.display());
        for part in ["uploads", "files", "models", "jobs", "bundles"] {
            fs::create_dir_all(root.join(part)).with_context(failed)?;
        }
        let root = root.canonicalize().with_context(failed)?;
        let lock = File::options().write(true).create(true).truncate(false).open(root.join("lock"));
        let lock = lock.with_context(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("--data-dir {}: another server uses this folder", root.display())
            }
            // A file system without locks.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(error).with_context(failed),
        }
        Ok(Self { root, _lock: lock })
    }

    /// The whole.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.root.join("state.sqlite")
    }

    /// What one worker of a device holds.
    pub fn worker_lock(&self, device: &str) -> PathBuf {
        self.root.join(format!("worker-{}.lock", device.replace(':', "-")))
    }

    /// A file that is being sent.
    pub fn upload(&self, id: &str) -> PathBuf {
        self.root.join("uploads").join(id)
    }

    /// A file by its digest.
    pub fn file(&self, sha256: &str) -> PathBuf {
        self.root.join("files").join(sha256)
    }

    /// The folder of an imported model.
    pub fn model(&self, id: &str) -> PathBuf {
        self.root.join("models").join(id)
    }

    /// Where a job's inputs have the names that they came with.
    pub fn job(&self, id: &str) -> PathBuf {
        self.root.join("jobs").join(id)
    }

    /// The bundle of a job.
    pub fn bundle(&self, id: &str) -> PathBuf {
        self.root.join("bundles").join(id)
    }

    /// The unfinished bundle of a job.
    pub fn partial(&self, id: &str) -> PathBuf {
        self.root.join("bundles").join(format!("{id}.partial"))
    }

    /// A whole upload, whose content is on the disk, becomes the file of its digest.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn settle(&self, upload: &str, sha256: &str) -> io::Result<()> {
        let (from, to) = (self.upload(upload), self.file(sha256));
        if to.exists() {
            // The same content was here before.
            return fs::remove_file(from);
        }
        place::at(&from, &to)
    }
}

/// The last part of a name that a client has sent, with nothing in it that a file system could take for something else.
///
/// ```
/// # use cellprism_gpu_backend::queue::safe_name;
/// assert_eq!(safe_name("../../etc/pass wd:1"), "pass_wd_1");
/// assert_eq!(safe_name("C:\\data\\.cells.h5ad"), "cells.h5ad");
/// assert_eq!(safe_name("/"), "file");
/// ```
pub fn safe_name(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let tame = |c: char| if c.is_ascii_alphanumeric() || "._-+=@".contains(c) { c } else { '_' };
    let name: String = last.chars().map(tame).collect();
    let name = name.trim_start_matches(['.', '-']);
    // The ending says what it is.
    let name = &name[name.len().saturating_sub(LONGEST_NAME)..];
    if name.is_empty() { "file".into() } else { name.into() }
}
