//! What became of the model's genes in the data.

use serde::{Deserialize, Serialize};

/// How genes of the data were matched with the model's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GeneAudit {
    /// Genes that the model reads.
    pub model_genes: u32,
    /// Of those, found under the same symbol or identifier.
    pub matched: u32,
    /// Of those, found through an alias.
    pub by_alias: u32,
    /// Of those, with several candidates in the data; left out.
    pub ambiguous: u32,
    /// Of those, not in the data; read as zero.
    pub lost: u32,
    /// Genes of the data that the model does not read.
    pub unused: u32,
    /// Share of all counts that fall on matched genes.
    pub counts_share: f64,
    /// Some lost genes.
    pub lost_examples: Vec<String>,
    /// Some alias matches: model's name, name in the data.
    pub alias_examples: Vec<(String, String)>,
    /// Some ambiguous genes.
    pub ambiguous_examples: Vec<String>,
}
