//! What may be asked of models that read sequences of genes.

use std::path::PathBuf;

use anyhow::bail;
use cellprism_core::{
    bundle::Manifest,
    embedding::{card::ModelKind, scgpt::SequenceRule},
};
use serde::{Deserialize, Serialize};

use super::Model;

/// What a sequence holds; a model's own habit where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SequenceOptions {
    /// Which genes a sequence holds.
    pub sequence: Option<SequenceRule>,
    /// The genes of the fixed sequence, one a line.
    pub genes: Option<PathBuf>,
    /// How many highly variable genes.
    pub variable_genes: Option<u32>,
}

impl SequenceOptions {
    /// What a bundle was made with: `genes` is a list of the genes of its index, one a line.
    pub fn of_bundle(manifest: &Manifest, genes: PathBuf) -> Self {
        if manifest.model.kind != ModelKind::Scgpt {
            return Self::default();
        }
        // What [`super::Prepared::reading`] says, under the name that it has in a key.
        let reading = manifest.key.get("sequence").map_or("", String::as_str);
        if reading.starts_with(SequenceRule::Nonzero.name()) {
            return Self { sequence: Some(SequenceRule::Nonzero), ..Self::default() };
        }
        Self { sequence: Some(SequenceRule::FixedHvg), genes: Some(genes), variable_genes: None }
    }

    /// For kinds that read no sequences.
    ///
    /// # Errors
    /// Names the option that was given.
    pub fn are_not_for(&self, model: &Model) -> anyhow::Result<()> {
        let given = [
            ("--sequence", self.sequence.is_some()),
            ("--genes", self.genes.is_some()),
            ("--variable-genes", self.variable_genes.is_some()),
        ];
        if let Some((option, _)) = given.iter().find(|(_, given)| *given) {
            bail!("{option} is for scGPT; {} is a {} model", model.folder.display(), model.card.kind.name());
        }
        Ok(())
    }
}
