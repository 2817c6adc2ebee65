//! The folder beside `--out` in which a training lives until it is done: `OUT.partial/checkpoint.safetensors`,
//! `OUT.partial/metrics.jsonl`. The same command goes on from there.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use cellprism_core::sae::train::Checkpoint;
use serde_json::Value;

use crate::work::atomic;

/// The folder of one run.
#[derive(Debug)]
pub struct WorkFolder {
    path: PathBuf,
    run: Value,
}

impl WorkFolder {
    /// The folder for an output.
    pub fn beside(out: &Path, run: Value) -> anyhow::Result<Self> {
        let Some(name) = out.file_name() else { bail!("{}: not a folder name", out.display()) };
        let mut name = name.to_owned();
        name.push(".partial");
        Ok(Self { path: out.with_file_name(name), run })
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
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e).with_context(|| format!("reading {}", path.display())),
        };
        let checkpoint = Checkpoint::from_bytes(&bytes, &self.run).with_context(|| {
            format!("{}: repeat the command it was started with, or give --restart", path.display())
        })?;
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

    /// Makes the folder, empty.
    pub fn create(&self) -> anyhow::Result<()> {
        self.remove()?;
        fs::create_dir_all(&self.path).with_context(|| format!("making {}", self.path.display()))
    }

    /// Replaces the checkpoint, whole or not at all.
    pub fn save(&self, checkpoint: &Checkpoint) -> anyhow::Result<()> {
        let path = self.checkpoint_path();
        atomic::write_file(&path, &checkpoint.to_bytes(&self.run)?)
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
        let mut file = File::create(to)?;
        file.write_all(&fs::read(self.metrics_path())?)?;
        Ok(file.sync_all()?)
    }

    /// Removes the folder, if it is there.
    pub fn remove(&self) -> anyhow::Result<()> {
        match fs::remove_dir_all(&self.path) {
            Err(e) if e.kind() != ErrorKind::NotFound => {
                Err(e).with_context(|| format!("removing {}", self.path.display()))
            }
            _ => Ok(()),
        }
    }
}
