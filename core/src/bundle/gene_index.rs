//! `genes/index.json`: the model's genes, in its order.

use serde::{Deserialize, Serialize};

use super::{
    JsonFile,
    checking::{Bundle, Report},
    manifest::MANIFEST,
};

/// The model's genes.
pub const GENE_INDEX: &str = "genes/index.json";

/// `genes/index.json`: the model's genes, in its order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GeneIndex {
    /// Symbols: the names that the model uses, or where these are Ensembl identifiers, the symbols that the cells or a
    /// table of genes give for them.
    pub symbols: Vec<String>,
    /// Ensembl identifiers where known, without version, otherwise empty strings; the model's own where it uses them.
    pub ensembl: Vec<String>,
    /// Share of cells in which the gene is detected.
    pub detection: Vec<f32>,
    /// Whether the data has the gene.
    pub measured: Vec<bool>,
    /// Number of `descriptions.NN.json` files; gene `g` is in file `g / descriptions_chunk`.
    pub descriptions_files: u32,
    /// Genes per file.
    pub descriptions_chunk: u32,
    /// Source of the descriptions, for captions.
    pub descriptions_source: Option<String>,
}

impl JsonFile for GeneIndex {}

/// The genes, where they can be read.
pub(super) fn check(bundle: &Bundle<'_>, report: &mut Report) -> Option<GeneIndex> {
    let file = GENE_INDEX;
    let genes: GeneIndex = bundle.read(file, report)?;
    let count = genes.symbols.len();
    report.same(file, "genes", count as u64, bundle.manifest.counts.genes_model, MANIFEST);
    for (what, found) in [
        ("ensembl", genes.ensembl.len()),
        ("detection", genes.detection.len()),
        ("measured", genes.measured.len()),
    ] {
        report.same(file, what, found as u64, count as u64, "symbols");
    }
    Some(genes)
}
