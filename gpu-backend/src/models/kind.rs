//! What is known of a kind of model before there are cells.

use std::path::{Path, PathBuf};

use cellprism_core::{
    cells::Aliases,
    embedding::card::{ModelCard, ModelKind},
};
use serde::{Deserialize, Serialize};

use super::{Model, Prepared, SequenceOptions, Setting, Settings};
use crate::files::h5ad::H5ad;

/// What is said of a kind of model.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// Its name in cards and on the command line.
    pub kind: ModelKind,
    /// What `import` takes, in a few words.
    pub about: &'static str,
    /// A checkpoint of this kind as a thing, for instance "a scvi-tools checkpoint".
    pub checkpoint: &'static str,
    /// A command that imports one, after `cellprism import`.
    pub example: &'static str,
    /// What it may be told at import.
    pub settings: &'static [Setting],
}

/// A kind of model.
pub trait Kind: Sync {
    /// What is said of it.
    fn words(&self) -> &'static Words;

    /// Its name in cards and on the command line.
    fn kind(&self) -> ModelKind {
        self.words().kind
    }

    /// Whether a folder or file is such a checkpoint, by its files.
    fn recognises(&self, path: &Path) -> bool;

    /// How many genes or tokens a model knows.
    fn reads(&self, card: &ModelCard) -> usize {
        card.genes.len()
    }

    /// Turns a checkpoint into a model folder. Nothing in it is executed.
    ///
    /// # Errors
    /// If it is refused or damaged, or the folder cannot be written.
    fn import(&self, asked: &ImportOptions) -> anyhow::Result<ModelCard>;

    /// Matches the genes of cells to an imported model.
    ///
    /// # Errors
    /// If they share no gene, a covariate is missing, or an option is for another kind.
    fn prepare(
        &self,
        model: Model,
        cells: &mut H5ad,
        request: &Request<'_>,
    ) -> anyhow::Result<Box<dyn Prepared>>;

    /// Whether it can say how many counts of each gene it expects at a latent: then concepts can be steered.
    fn decodes(&self) -> bool {
        false
    }
}

/// How cells and a model are put together.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The cells' file, for messages.
    pub path: &'a Path,
    /// Which names mean the same gene.
    pub aliases: &'a Aliases,
    /// What a model of sequences reads.
    pub sequence: &'a SequenceOptions,
}

/// What is imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImportOptions {
    /// Folder or file of the checkpoint.
    pub checkpoint: PathBuf,
    /// What the kind may be told.
    pub settings: Settings,
    /// Model folder to write.
    pub out: PathBuf,
    /// ONNX Runtime library, where given.
    pub onnxruntime: Option<PathBuf>,
}
