//! What may be asked of models that read sequences of genes.

use std::path::PathBuf;

use anyhow::bail;
use cellprism_core::embedding::scgpt::SequenceRule;
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
