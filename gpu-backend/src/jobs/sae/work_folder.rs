//! The folder in which a training lives until it is done: `checkpoint.safetensors` and `metrics.jsonl`, within the
//! [`Partial`](crate::work::partial::Partial) of its output.

use std::{
    fs::{self, File, OpenOptions},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::Context;
use cellprism_core::sae::train::Checkpoint;
use serde_json::Value;

use crate::work::{atomic, checked};

/// The folder of one run.
#[derive(Debug)]
pub struct WorkFolder {
    path: PathBuf,
    run: Value,
}

impl WorkFolder {
    /// In a folder, for a run that depends on `run`.
    pub fn within(path: PathBuf, run: Value) -> Self {
        Self { path, run }
    }

    fn checkpoint_path(&self) -> PathBuf {
        self.path.join("checkpoint.safetensors")
    }

    fn metrics_path(&self) -> PathBuf {
        self.path.join("metrics.jsonl")
    }

    /// Where an earlier start of the same command stopped; metrics of later epochs are dropped.
    pub fn checkpoint(&self) -> anyhow::Result<Option<Checkpoint>> {
        let path = self.checkpoint_path();
        let Some(bytes) = checked::read(&path) else { return Ok(None) };
        let checkpoint = match Checkpoint::from_bytes(&bytes, &self.run) {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                tracing::warn!("{}: {error}; training starts at the beginning", path.display());
                return Ok(None);
            }
        };
        let metrics = fs::read_to_string(self.metrics_path()).unwrap_or_default();
        let mut kept = String::new();
        for line in metrics.lines() {
            let epoch = serde_json::from_str::<Value>(line).ok().and_then(|v| v["epoch"].as_u64());
            if epoch.is_some_and(|epoch| epoch <= u64::from(checkpoint.progress.epoch)) {
                kept.push_str(line);
                kept.push('\n');
            }
        }
        atomic::write_file(&self.metrics_path(), kept.as_bytes())?;
        Ok(Some(checkpoint))
    }

    /// Makes the folder, without an earlier training.
    pub fn create(&self) -> anyhow::Result<()> {
        for path in [self.checkpoint_path(), self.metrics_path()] {
            match fs::remove_file(&path) {
                Err(e) if e.kind() != ErrorKind::NotFound => {
                    return Err(e).with_context(|| format!("removing {}", path.display()));
                }
                _ => {}
            }
        }
        fs::create_dir_all(&self.path).with_context(|| format!("making {}", self.path.display()))
    }

    /// Replaces the checkpoint, whole or not at all.
    pub fn save(&self, checkpoint: &Checkpoint) -> anyhow::Result<()> {
        let path = self.checkpoint_path();
        checked::write(&path, &checkpoint.to_bytes(&self.run)?)
            .with_context(|| format!("writing {}", path.display()))
    }

    /// The metrics file, to append to.
    pub fn metrics(&self) -> anyhow::Result<File> {
        let path = self.metrics_path();
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("writing {}", path.display()))
    }

    /// Copies the metrics to their final place.
    pub fn copy_metrics(&self, to: &Path) -> anyhow::Result<()> {
        fs::copy(self.metrics_path(), to)?;
        Ok(())
    }
}
