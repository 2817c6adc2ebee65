//! Model folders: what `import` writes and everything else reads.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use cellprism_core::embedding::card::ModelCard;
use cellprism_onnx::folder::ModelFolder;

use super::{ImportOptions, Kind, Prepared, Request, find, of_checkpoint};
use crate::work::regular;
use crate::{files::h5ad::H5ad, work::atomic::OutputFolder};

/// Largest checkpoint read at once.
const LARGEST_CHECKPOINT: u64 = 16 << 30;

/// Largest card: a million genes and what else there is to say.
pub(super) const LARGEST_CARD: u64 = 32 << 20;

/// What a model reads and gives.
pub const CARD: &str = "model.json";
/// Its graph.
pub const GRAPH: &str = "model.onnx";

/// An imported model.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its folder.
    pub folder: PathBuf,
    /// What it reads and gives.
    pub card: ModelCard,
    /// Keeps the folder of a checkpoint that was imported on the way.
    _temporary: Option<Arc<tempfile::TempDir>>,
}

impl Model {
    /// Opens a folder that `cellprism import` wrote, or one with a card written by hand.
    ///
    /// # Errors
    /// If there is no card, or no model beside it.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(CARD);
        if !path.exists() {
            if let Some(kind) = of_checkpoint(folder) {
                bail!(
                    "{} is {}: first `cellprism import {} {} --out MODEL_DIR`",
                    folder.display(),
                    kind.checkpoint(),
                    kind.kind().name(),
                    folder.display()
                );
            }
            bail!("no model.json in {}: give a folder that `cellprism import` wrote", folder.display());
        }
        let json =
            regular::read(&path, LARGEST_CARD).with_context(|| format!("cannot read {}", path.display()))?;
        let card = ModelCard::from_json(&json).with_context(|| path.display().to_string())?;
        if !folder.join(GRAPH).exists() {
            bail!("no model.onnx in {}: import the model again", folder.display());
        }
        Ok(Self { folder: folder.to_owned(), card, _temporary: None })
    }

    /// Opens the `model/` folder of a bundle, which holds what a page computes with: no graph.
    ///
    /// # Errors
    /// If there is no card, or no encoder beside it.
    pub fn open_published(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(CARD);
        let json =
            regular::read(&path, LARGEST_CARD).with_context(|| format!("cannot read {}", path.display()))?;
        let card = ModelCard::from_json(&json).with_context(|| path.display().to_string())?;
        if !folder.join(super::counts::ENCODER).exists() {
            bail!("{} holds no encoder: give the model's own folder", folder.display());
        }
        Ok(Self { folder: folder.to_owned(), card, _temporary: None })
    }

    /// Opens a model folder, or imports a checkpoint into a temporary one.
    ///
    /// # Errors
    /// If it is neither, or the checkpoint is refused.
    pub fn open_or_import(path: &Path) -> anyhow::Result<Self> {
        let kind = if path.join(CARD).exists() { None } else { of_checkpoint(path) };
        let Some(kind) = kind else { return Self::open(path) };
        let temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
        let out = temporary.path().join("model");
        let asked = ImportOptions { checkpoint: path.to_owned(), out: out.clone(), ..Default::default() };
        kind.import(&asked)?;
        Ok(Self { _temporary: Some(Arc::new(temporary)), ..Self::open(&out)? })
    }

    /// What is known of its kind.
    ///
    /// # Errors
    /// If this program does not know it.
    pub fn kind(&self) -> anyhow::Result<&'static dyn Kind> {
        find(self.card.kind)
    }

    /// Matches the genes of cells to it.
    ///
    /// # Errors
    /// If they share no gene, a covariate is missing, or an option is for another kind.
    pub fn prepare(self, cells: &mut H5ad, request: &Request<'_>) -> anyhow::Result<Box<dyn Prepared>> {
        self.kind()?.prepare(self, cells, request)
    }

    /// `model.onnx`.
    pub fn onnx(&self) -> PathBuf {
        self.folder.join(GRAPH)
    }

    /// Names of all files of its folder.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn files(&self) -> anyhow::Result<Vec<String>> {
        let failed = || format!("cannot read {}", self.folder.display());
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.folder).with_context(failed)? {
            let entry = entry.with_context(failed)?;
            if entry.path().is_file() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }
}

/// Reads a file whole, if it is no larger than any checkpoint.
pub(super) fn read_bounded(file: &Path) -> anyhow::Result<Vec<u8>> {
    regular::read(file, LARGEST_CHECKPOINT).with_context(|| format!("cannot read {}", file.display()))
}

/// A model's name: that of its checkpoint's folder.
pub(super) fn name_of(file: &Path, otherwise: &str) -> String {
    let folder = file.parent().and_then(Path::file_name);
    folder.map_or_else(|| otherwise.into(), |name| name.to_string_lossy().into_owned())
}

/// Writes the files of a model folder, all or none.
///
/// # Errors
/// If the folder exists already or cannot be written.
pub fn write(model: &ModelFolder, out: &Path) -> anyhow::Result<()> {
    let folder = OutputFolder::create(out).with_context(|| format!("cannot write {}", out.display()))?;
    for (name, content) in &model.files {
        let path = folder.path().join(name);
        std::fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    folder.finish().with_context(|| format!("cannot write {}", out.display()))
}
