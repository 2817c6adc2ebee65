//! Options that decide what scGPT reads of a cell.

use std::path::PathBuf;

use cellprism_core::embedding::scgpt::SequenceRule;
use clap::Args as ClapArgs;

use crate::models::SequenceOptions;

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

impl From<SequenceArgs> for SequenceOptions {
    fn from(said: SequenceArgs) -> Self {
        let SequenceArgs { sequence, genes, variable_genes } = said;
        Self { sequence, genes, variable_genes }
    }
}

fn rule(text: &str) -> Result<SequenceRule, String> {
    [SequenceRule::FixedHvg, SequenceRule::Nonzero]
        .into_iter()
        .find(|rule| rule.name() == text)
        .ok_or_else(|| format!("{text:?} is no rule: say fixed-hvg or nonzero"))
}
