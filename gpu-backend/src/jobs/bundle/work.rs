//! The work folder beside the output: what is finished survives a kill, what belongs to other inputs is thrown away.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use cellprism_core::{
    bundle::{ConceptRow, concept_stem},
    ids::ConceptId,
};

use super::{Job, inputs::Inputs};
use crate::work::atomic;

/// The folder; `bundle/` in it becomes the output.
#[derive(Debug)]
pub struct Work {
    root: PathBuf,
}

impl Work {
    /// Opens the folder of an interrupted run of the same job, or starts one.
    ///
    /// # Errors
    /// If the output exists already, or the folder cannot be made.
    pub fn open(job: &Job, inputs: &Inputs) -> anyhow::Result<Self> {
        if job.out.exists() {
            bail!(
                "{} exists already and is another bundle: choose another name or remove it",
                job.out.display()
            );
        }
        let mut name = job.out.file_name().context("--out needs a folder name")?.to_owned();
        name.push(".partial");
        let root = job.out.with_file_name(name);
        let key = root.join("key");
        let digest = inputs.key(job)?.digest();
        if root.exists() && fs::read_to_string(&key).ok().as_deref() != Some(digest.as_str()) {
            // Other inputs or parameters: nothing of it can be used.
            fs::remove_dir_all(&root).with_context(|| format!("cannot remove {}", root.display()))?;
        }
        fs::create_dir_all(root.join("bundle")).with_context(|| format!("cannot make {}", root.display()))?;
        atomic::write_file(&key, digest.as_bytes())?;
        Ok(Self { root })
    }

    /// A file of a finished stage.
    pub fn stage(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Where the bundle grows.
    pub fn bundle(&self) -> PathBuf {
        self.root.join("bundle")
    }

    /// Writes a file of the bundle.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn put(&self, path: &str, content: &[u8]) -> anyhow::Result<()> {
        let target = self.bundle().join(path);
        atomic::write_file(&target, content).with_context(|| format!("cannot write {}", target.display()))
    }

    /// The row of a concept that is already described.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn row(&self, folder: &str, id: ConceptId) -> anyhow::Result<Option<ConceptRow>> {
        let path = self.row_path(folder, id);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Some(serde_json::from_slice(&bytes)?))
    }

    /// Notes that a concept is described: all its files are there.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish_row(&self, folder: &str, row: &ConceptRow) -> anyhow::Result<()> {
        atomic::write_file(&self.row_path(folder, row.id), &serde_json::to_vec(row)?)?;
        Ok(())
    }

    fn row_path(&self, folder: &str, id: ConceptId) -> PathBuf {
        self.root.join(format!("{folder}-rows")).join(format!("{}.json", concept_stem(id)))
    }

    /// Gives the bundle its final name and removes the rest.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn publish(&self, out: &Path) -> anyhow::Result<()> {
        fs::rename(self.bundle(), out).with_context(|| format!("cannot write {}", out.display()))?;
        fs::remove_dir_all(&self.root).with_context(|| format!("cannot remove {}", self.root.display()))
    }
}

/// An error before the first finished stage leaves nothing behind.
impl Drop for Work {
    fn drop(&mut self) {
        let is_empty = |folder: &Path| fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
        let only_begun = |entry: fs::DirEntry| entry.file_name() == "key" || is_empty(&entry.path());
        if fs::read_dir(&self.root).is_ok_and(|entries| entries.flatten().all(only_begun)) {
            // What cannot be removed is empty, and taken up by the next run.
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}
