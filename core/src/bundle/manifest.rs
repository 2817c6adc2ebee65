//! `manifest.json`: what a bundle is, how it was made, and what files it has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    ExpressionFiles, File, FileEntry, FirstView, Input, Ladder, Parameters, ReadError, Software, Source,
    Stage, WriteError,
    file::parse,
    version::{SCHEMA_NAME, SCHEMA_VERSION, SchemaVersion},
};
use crate::{cells::GeneAudit, embedding::card::ModelKind, maybe::Maybe};

/// What the bundle is and what files it has.
pub const MANIFEST: &str = "manifest.json";

/// `manifest.json`: what this bundle is, how it was made, and what files it has.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Manifest {
    /// Always [`SCHEMA_NAME`].
    pub schema: String,
    /// Layout version.
    pub version: SchemaVersion,
    /// Short name, for instance `pbmc3k-scvi-500-8`.
    pub name: String,
    /// First 12 digits of the digest of `key`: two runs with the same tag hold the same numbers.
    pub tag: String,
    /// Everything that decides a number here, by name: digests of inputs and weights, device, engine, parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub key: BTreeMap<String, String>,
    /// One line for a page title, for instance "What scVI has learned about 2,638 blood cells".
    pub title: String,
    /// When it was written, RFC 3339.
    pub created: String,
    /// The program that wrote it.
    pub software: Software,
    /// Sizes.
    pub counts: Counts,
    /// The foundation model.
    pub model: ModelSummary,
    /// Every parameter that a number here depends on.
    pub parameters: Parameters,
    /// Sizes that were tried, where nobody said how many concepts the dictionary has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ladder: Option<Ladder>,
    /// What a page loads first, where the complete files are large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<FirstView>,
    /// Counts of the model's genes, or why there are none; absent in bundles up to layout 1.4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<Maybe<ExpressionFiles>>,
    /// Input files with checksums.
    pub inputs: Vec<Input>,
    /// How the genes of the data were matched with the model's.
    pub gene_audit: GeneAudit,
    /// What ran, where and for how long.
    pub stages: Vec<Stage>,
    /// Source and licence of each part.
    pub sources: Vec<Source>,
    /// Size and checksum of each file outside the per-concept folders, by path from the bundle's root.
    pub files: BTreeMap<String, FileEntry>,
}

/// Sizes of everything.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counts {
    /// Cells.
    pub cells: u32,
    /// Genes in the data.
    pub genes_measured: u32,
    /// Genes that the model reads.
    pub genes_model: u32,
    /// Embedding dimensions.
    pub embedding: u32,
    /// Concepts, dead ones included.
    pub concepts: u32,
    /// Active concepts per cell (k).
    pub active_per_cell: u32,
    /// Concepts with at least one active cell.
    pub active_concepts: u32,
}

/// The foundation model in a few words; the whole card is `model/model.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModelSummary {
    /// How cells become its inputs.
    pub kind: ModelKind,
    /// A name for people.
    pub name: String,
    /// What is done to counts before the first layer, in words.
    pub preprocessing: String,
    /// Whether `model/encoder.safetensors` is there, so that the page can recompute.
    pub in_browser: bool,
}

/// Whose manifest it is: looked at before anything else.
#[derive(Deserialize)]
struct Head {
    schema: String,
    version: SchemaVersion,
}

impl File for Manifest {
    fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        Ok(serde_json::to_vec(self)?)
    }

    /// A layout of the future is refused by its number and not by a field that it lacks or a word that is new.
    fn from_bytes(path: &str, bytes: &[u8]) -> Result<Self, ReadError> {
        let head: Head = parse(path, bytes)?;
        if head.schema != SCHEMA_NAME {
            return Err(ReadError::Schema(head.schema));
        }
        if head.version.major > SCHEMA_VERSION.major {
            return Err(ReadError::Newer(head.version));
        }
        parse(path, bytes).map_err(|error| {
            if head.version > SCHEMA_VERSION { ReadError::Newer(head.version) } else { error }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: &[u8]) -> String {
        Manifest::from_bytes(MANIFEST, json).unwrap_err().to_string()
    }

    #[test]
    fn a_newer_layout_is_refused_by_its_number() {
        for version in [r#"{"major": 9, "minor": 1}"#, r#"{"major": 1, "minor": 91}"#] {
            let json = format!(r#"{{"schema": "cellprism-bundle", "version": {version}, "files": 3}}"#);
            let error = refused(json.as_bytes());
            assert!(error.contains("newer cellprism"), "{error}");
        }
    }

    #[test]
    fn another_schema_and_no_json_are_refused() {
        let json = br#"{"schema": "zarr", "version": {"major": 1, "minor": 0}}"#;
        assert!(refused(json).contains("\"zarr\""));
        assert!(refused(b"\x00").starts_with("manifest.json: "));
    }
}
