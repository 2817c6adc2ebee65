//! Model folders: what `import` writes and everything else reads.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use cellprism_core::embedding::{
    card::{ModelCard, ScgptSizes},
    scgpt::Vocabulary,
    scvi::ScviEncoder,
};
use cellprism_onnx::{folder::ModelFolder, scgpt, scvi};

use crate::work::atomic::OutputFolder;

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
            if folder.join("best_model.pt").exists() {
                bail!(
                    "{} is an scGPT checkpoint: first `cellprism import scgpt {} --out MODEL_DIR`",
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

    /// Whether a page can run the encoder on counts alone: scVI's, where no covariate enters it.
    pub fn runs_in_browser(&self) -> bool {
        self.encoder().exists() && self.card.encoder_covariate_width() == 0
    }

    /// The encoder's weights, for what is computed without ONNX Runtime.
    ///
    /// # Errors
    /// If the file is not there or damaged.
    pub fn read_encoder(&self) -> anyhow::Result<ScviEncoder> {
        let path = self.encoder();
        let bytes = std::fs::read(&path).with_context(|| {
            format!("cannot read {}, which `cellprism import` writes for scVI", path.display())
        })?;
        ScviEncoder::from_safetensors(&bytes).with_context(|| path.display().to_string())
    }

    /// Sizes and vocabulary of an scGPT model.
    ///
    /// # Errors
    /// If it is another model, or `vocab.json` is missing or does not fit the card.
    pub fn scgpt(&self) -> anyhow::Result<(&ScgptSizes, Vocabulary)> {
        let Some(sizes) = &self.card.scgpt else { bail!("{} is no scGPT model", self.folder.display()) };
        let path = self.folder.join("vocab.json");
        let vocabulary = Vocabulary::from_json(&read_bounded(&path)?, &sizes.pad_token)
            .with_context(|| path.display().to_string())?;
        let found = (vocabulary.len(), vocabulary.pad(), vocabulary.cls());
        if found != (sizes.vocabulary as usize, sizes.pad, sizes.cls) {
            bail!("{} does not belong to the model.json beside it: import the model again", path.display());
        }
        Ok((sizes, vocabulary))
    }
}

/// Reads a scvi-tools checkpoint folder (or its `model.pt`).
///
/// # Errors
/// If the file is missing, refused or damaged. Nothing in it is executed.
pub fn import_scvi(checkpoint: &Path) -> anyhow::Result<ModelFolder> {
    let file = if checkpoint.is_dir() { checkpoint.join("model.pt") } else { checkpoint.to_owned() };
    let bytes = read_bounded(&file)?;
    scvi::import(&bytes, &name_of(&file, "scVI")).with_context(|| file.display().to_string())
}

/// Reads an scGPT checkpoint folder (or its `best_model.pt`), with `args.json` and `vocab.json` beside the weights.
///
/// # Errors
/// If a file is missing, refused or damaged, or they do not fit. Nothing in them is executed.
pub fn import_scgpt(checkpoint: &Path) -> anyhow::Result<ModelFolder> {
    let file = if checkpoint.is_dir() { checkpoint.join("best_model.pt") } else { checkpoint.to_owned() };
    let folder = file.parent().unwrap_or(Path::new("."));
    let (model, args, vocabulary) = (
        read_bounded(&file)?,
        read_bounded(&folder.join("args.json"))?,
        read_bounded(&folder.join("vocab.json"))?,
    );
    let files = scgpt::Files { model: &model, args: &args, vocabulary: &vocabulary };
    scgpt::import(files, &name_of(&file, "scGPT")).with_context(|| folder.display().to_string())
}

pub(crate) fn read_bounded(file: &Path) -> anyhow::Result<Vec<u8>> {
    let size = std::fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?.len();
    if size > LARGEST_CHECKPOINT {
        bail!("{} is larger than {} GB", file.display(), LARGEST_CHECKPOINT >> 30);
    }
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

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
