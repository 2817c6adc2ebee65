//! Model folders: what `import` writes and everything else reads.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use cellprism_core::embedding::card::ModelCard;
use cellprism_onnx::folder::ModelFolder;

use crate::work::{output::OutputFolder, regular};

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
    #[expect(dead_code, reason = "what it holds is removed when it goes")]
    temporary: Option<Arc<tempfile::TempDir>>,
}

impl Model {
    /// Opens a folder with a card.
    ///
    /// # Errors
    /// If there is none, or it is damaged.
    pub(super) fn with_card(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(CARD);
        let json =
            regular::read(&path, LARGEST_CARD).with_context(|| format!("cannot read {}", path.display()))?;
        let card = ModelCard::from_json(&json).with_context(|| path.display().to_string())?;
        Ok(Self { folder: folder.to_owned(), card, temporary: None })
    }

    /// Keeps the temporary folder that it lies in.
    pub(super) fn keeping(self, temporary: tempfile::TempDir) -> Self {
        Self { temporary: Some(Arc::new(temporary)), ..self }
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

/// Writes the files of a model folder, all or none; its card.
///
/// # Errors
/// If the folder exists already or cannot be written.
pub fn write(model: ModelFolder, out: &Path) -> anyhow::Result<ModelCard> {
    let folder = OutputFolder::create(out).with_context(|| format!("cannot write {}", out.display()))?;
    for (name, content) in &model.files {
        let path = folder.path().join(name);
        std::fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    folder.finish().with_context(|| format!("cannot write {}", out.display()))?;
    Ok(model.card)
}
