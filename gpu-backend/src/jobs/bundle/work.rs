//! The work folder beside the output: finished stages and concepts survive a kill.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use cellprism_core::{
    bundle::{ConceptRow, concept_stem, path},
    ids::ConceptId,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Job, inputs::Inputs};
use crate::work::{digest, key::Key, partial::Partial, progress::Progress};

/// What becomes the output.
pub const BUNDLE: &str = "bundle";

/// The folder; `bundle/` in it becomes the output.
#[derive(Debug)]
pub struct Work {
    partial: Partial,
}

/// A concept that is described.
#[derive(Serialize, Deserialize)]
struct Finished {
    row: ConceptRow,
    /// Its files in the bundle, with their checksums.
    files: Vec<(String, String)>,
}

impl Work {
    /// Opens the folder of an interrupted run of the same job, or starts one.
    ///
    /// # Errors
    /// If another run writes the same output, or the folder cannot be made.
    pub fn open(job: &Job, inputs: &Inputs, progress: &dyn Progress) -> anyhow::Result<Self> {
        let partial = Partial::open(&job.out, "run", &inputs.key, progress)?;
        let work = Self { partial };
        fs::create_dir_all(work.bundle())
            .with_context(|| format!("cannot make {}", work.bundle().display()))?;
        Ok(work)
    }

    /// The same for a task of a run that is cut into several; `out` is what the task leaves.
    ///
    /// # Errors
    /// As [`Work::open`].
    pub fn of_task(out: &Path, key: &Key, progress: &dyn Progress) -> anyhow::Result<Self> {
        let work = Self { partial: Partial::open(out, "shard", key, progress)? };
        fs::create_dir_all(work.bundle())
            .with_context(|| format!("cannot make {}", work.bundle().display()))?;
        Ok(work)
    }

    /// Gives another folder within this one the name of the output, and removes the rest.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn publish_folder(self, folder: &str) -> anyhow::Result<()> {
        self.partial.publish(folder)
    }

    /// A folder of an unfinished stage.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.partial.path(name)
    }

    /// What a finished stage has kept, if it is there and whole.
    pub fn stage<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&self.partial.get(name)?).ok()
    }

    /// Keeps what a finished stage has found.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep<T: Serialize>(&self, name: &str, found: &T) -> anyhow::Result<()> {
        self.partial.put(name, &serde_json::to_vec(found)?)
    }

    /// The same of a stage whose findings are not JSON.
    pub fn stage_bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.partial.get(name)
    }

    /// Keeps what a finished stage has found, as it is.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep_bytes(&self, name: &str, found: &[u8]) -> anyhow::Result<()> {
        self.partial.put(name, found)
    }

    /// Where the bundle grows.
    pub fn bundle(&self) -> PathBuf {
        self.partial.path(BUNDLE)
    }

    /// Writes a file of the bundle.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn put(&self, path: &str, content: &[u8]) -> anyhow::Result<()> {
        let target = self.bundle().join(path);
        self.partial.write(&target, content).with_context(|| format!("cannot write {}", target.display()))
    }

    /// The row of a concept that is already described, if all its files are as they were left.
    pub fn row(&self, folder: &str, id: ConceptId) -> Option<ConceptRow> {
        let found: Finished = self.stage(&row_name(folder, id))?;
        let settled: Option<String> = self.stage(&settled_name(folder, id));
        let detail = path::readings(folder, id);
        let is_whole = |(file, sum): &(String, String)| {
            digest::of_file(&self.bundle().join(file))
                .is_ok_and(|now| now == *sum || *file == detail && settled.as_ref() == Some(&now))
        };
        found.files.iter().all(is_whole).then_some(found.row)
    }

    /// Notes that a concept is described: all its files are there.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish_row(&self, folder: &str, row: &ConceptRow) -> anyhow::Result<()> {
        let mut files = Vec::new();
        for file in [path::readings, path::arrays, path::samples_of].map(|file| file(folder, row.id)) {
            let place = self.bundle().join(&file);
            if place.exists() {
                files.push((file, digest::of_file(&place)?));
            }
        }
        self.keep(&row_name(folder, row.id), &Finished { row: row.clone(), files })
    }

    /// Notes what a concept's details are once all are described.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn settle_row(&self, folder: &str, id: ConceptId, detail: &[u8]) -> anyhow::Result<()> {
        self.keep(&settled_name(folder, id), &cellprism_onnx::folder::sha256(detail))?;
        self.put(&path::readings(folder, id), detail)
    }

    /// Gives the bundle its final name, in the place of an older one where that may go, and removes the rest.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn publish(self) -> anyhow::Result<()> {
        self.partial.publish(BUNDLE)
    }

    /// Removes all of it: the same bundle is there already, or what was kept is of no use.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn discard(self) -> anyhow::Result<()> {
        self.partial.remove()
    }
}

/// The folder of finished rows of what is described in a folder of the bundle.
pub fn rows(folder: &str) -> String {
    format!("{folder}-rows")
}

fn row_name(folder: &str, id: ConceptId) -> String {
    format!("{}/{}.json", rows(folder), concept_stem(id))
}

fn settled_name(folder: &str, id: ConceptId) -> String {
    format!("{folder}-settled/{}.json", concept_stem(id))
}
