//! Models opened, of whatever kind: folders that `import` wrote, those of bundles, and checkpoints.

use std::path::Path;

use anyhow::{Context, bail};

use super::{
    ImportOptions, Kind, Model, Prepared, Request,
    counts::ENCODER,
    find,
    folder::{CARD, GRAPH},
    of_checkpoint,
};
use crate::files::h5ad::H5ad;

impl Model {
    /// Opens a folder that `cellprism import` wrote, or one with a card written by hand.
    ///
    /// # Errors
    /// If there is no card, or no model beside it.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        if !folder.join(CARD).exists() {
            if let Some(kind) = of_checkpoint(folder) {
                bail!(
                    "{} is {}: first `cellprism import {} {} --out MODEL_DIR`",
                    folder.display(),
                    kind.words().checkpoint,
                    kind.kind().name(),
                    folder.display()
                );
            }
            bail!("no model.json in {}: give a folder that `cellprism import` wrote", folder.display());
        }
        let model = Self::with_card(folder)?;
        if !folder.join(GRAPH).exists() {
            bail!("no model.onnx in {}: import the model again", folder.display());
        }
        Ok(model)
    }

    /// Opens the `model/` folder of a bundle, which holds what a page computes with: no graph.
    ///
    /// # Errors
    /// If there is no card, or no encoder beside it.
    pub fn open_published(folder: &Path) -> anyhow::Result<Self> {
        let model = Self::with_card(folder)?;
        if !folder.join(ENCODER).exists() {
            bail!("{} holds no encoder: give the model's own folder", folder.display());
        }
        Ok(model)
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
        Ok(Self::open(&out)?.keeping(temporary))
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
}
