//! Model folders: what `import` writes and everything else reads.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use cellprism_core::embedding::card::ModelCard;
use cellprism_onnx::{folder::ModelFolder, scvi};

use super::atomic::OutputFolder;

/// Largest checkpoint read at once.
const LARGEST_CHECKPOINT: u64 = 16 << 30;

/// An imported model.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its folder.
    pub folder: PathBuf,
    /// What it reads and gives.
    pub card: ModelCard,
}

impl Model {
    /// Opens a folder that `cellprism import` wrote, or one with a card written by hand.
    ///
    /// # Errors
    /// If there is no card, or no model beside it.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("model.json");
        if !path.exists() {
            if folder.join("model.pt").exists() {
                bail!(
                    "{} is a scvi-tools checkpoint: first `cellprism import scvi {} --out MODEL_DIR`",
                    folder.display(),
                    folder.display()
                );
            }
            bail!("no model.json in {}: give a folder that `cellprism import` wrote", folder.display());
        }
        let json = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let card = ModelCard::from_json(&json).with_context(|| path.display().to_string())?;
        if !folder.join("model.onnx").exists() {
            bail!("no model.onnx in {}: import the model again", folder.display());
        }
        Ok(Self { folder: folder.to_owned(), card })
    }

    /// `model.onnx`.
    pub fn onnx(&self) -> PathBuf {
        self.folder.join("model.onnx")
    }

    /// `encoder.safetensors`, which scVI models have.
    pub fn encoder(&self) -> PathBuf {
        self.folder.join("encoder.safetensors")
    }
}

/// Reads a scvi-tools checkpoint folder (or its `model.pt`).
///
/// # Errors
/// If the file is missing, refused or damaged. Nothing in it is executed.
pub fn import_scvi(checkpoint: &Path) -> anyhow::Result<ModelFolder> {
    let file = if checkpoint.is_dir() { checkpoint.join("model.pt") } else { checkpoint.to_owned() };
    let size = std::fs::metadata(&file).with_context(|| format!("cannot read {}", file.display()))?.len();
    if size > LARGEST_CHECKPOINT {
        bail!("{} is larger than {} GB", file.display(), LARGEST_CHECKPOINT >> 30);
    }
    let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let name = file
        .parent()
        .and_then(Path::file_name)
        .map_or_else(|| "scVI".into(), |n| n.to_string_lossy().into_owned());
    scvi::import(&bytes, &name).with_context(|| file.display().to_string())
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
