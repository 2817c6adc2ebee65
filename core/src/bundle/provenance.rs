//! What a bundle was made from, by what, and how long it took.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A program and its version.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Software {
    /// Program name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Version of ONNX Runtime that computed the embeddings, where it was used.
    pub onnxruntime: Option<String>,
}

/// An input file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Input {
    /// What it is to the bundle.
    pub role: InputRole,
    /// File name without folders.
    pub file: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// Further facts, for instance where the counts were found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What an input file is to the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum InputRole {
    /// Counts and metadata of the cells.
    Cells,
    /// The foundation model's weights.
    Model,
    /// A library of gene sets.
    GeneSets,
    /// Names and descriptions of genes.
    Genes,
    /// The sparse autoencoder, where it was given.
    Dictionary,
}

impl InputRole {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cells => "cells",
            Self::Model => "model",
            Self::GeneSets => "gene_sets",
            Self::Genes => "genes",
            Self::Dictionary => "dictionary",
        }
    }
}

impl fmt::Display for InputRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One stage of the job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stage {
    /// Which.
    pub name: StageName,
    /// Wall time.
    pub seconds: f64,
    /// Execution provider, where ONNX Runtime was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// `float32` unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
}

/// A stage of the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StageName {
    /// Cells through the foundation model.
    Embed,
    /// The dictionary.
    Train,
    /// Cells, genes and pathways of every concept.
    Describe,
}

impl StageName {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embed => "embed",
            Self::Train => "train",
            Self::Describe => "describe",
        }
    }
}

impl fmt::Display for StageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a part comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Source {
    /// `cells`, `model`, `gene sets`, `gene descriptions` …
    pub part: String,
    /// Source in words.
    pub source: String,
    /// Licence, or "unknown".
    pub licence: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bundles of every version say these words.
    #[test]
    fn names_are_those_in_the_files() {
        use InputRole::{Cells, Dictionary, GeneSets, Genes, Model};
        use StageName::{Describe, Embed, Train};
        for role in [Cells, Model, GeneSets, Genes, Dictionary] {
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{role}\""));
        }
        for stage in [Embed, Train, Describe] {
            assert_eq!(serde_json::to_string(&stage).unwrap(), format!("\"{stage}\""));
        }
    }
}
