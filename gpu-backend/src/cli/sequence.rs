//! Options that decide what scGPT reads of a cell.

use std::path::PathBuf;

use anyhow::bail;
use cellprism_core::embedding::{card::ModelKind, scgpt::SequenceRule};
use clap::Args as ClapArgs;

use crate::models::{folder::Model, scgpt::SequenceOptions};

/// scGPT's sequences.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct SequenceArgs {
    /// scGPT: fixed-hvg (the same genes for every cell, zeros included; the default) or nonzero (each cell's own)
    #[arg(long, value_name = "RULE", value_parser = rule)]
    sequence: Option<SequenceRule>,
    /// scGPT: the genes of the fixed sequence, one a line (default: highly variable genes of the data)
    #[arg(long, value_name = "LIST")]
    genes: Option<PathBuf>,
    /// scGPT: how many highly variable genes (default: 1200)
    #[arg(long, value_name = "N", conflicts_with = "genes", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    variable_genes: Option<u32>,
}

impl SequenceArgs {
    /// The options for a model: nothing where it reads no sequences.
    ///
    /// # Errors
    /// If an option was given that the model does not have.
    pub fn options(&self, model: &Model) -> anyhow::Result<Option<SequenceOptions>> {
        let given = [
            ("--sequence", self.sequence.is_some()),
            ("--genes", self.genes.is_some()),
            ("--variable-genes", self.variable_genes.is_some()),
        ];
        if model.card.kind != ModelKind::Scgpt {
            if let Some((option, _)) = given.iter().find(|(_, given)| *given) {
                bail!(
                    "{option} is for scGPT; {} is a {} model",
                    model.folder.display(),
                    model.card.kind.name()
                );
            }
            return Ok(None);
        }
        let default = SequenceOptions::default();
        Ok(Some(SequenceOptions {
            rule: self.sequence.unwrap_or_default(),
            genes: self.genes.clone(),
            variable_genes: self.variable_genes.map_or(default.variable_genes, |n| n as usize),
        }))
    }
}

fn rule(text: &str) -> Result<SequenceRule, String> {
    [SequenceRule::FixedHvg, SequenceRule::Nonzero]
        .into_iter()
        .find(|rule| rule.name() == text)
        .ok_or_else(|| format!("{text:?} is no rule: say fixed-hvg or nonzero"))
}
