//! `genes/descriptions.NN.json`: what is known of a part of the genes.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{
    GeneIndex, JsonFile,
    checking::{Bundle, Report},
    gene_index::GENE_INDEX,
};

/// Descriptions of one part of the genes.
pub fn descriptions(file: u32) -> String {
    format!("genes/descriptions.{file:02}.json")
}

/// Descriptions of a part of the genes, by symbol.
pub type GeneDescriptions = BTreeMap<String, GeneDescription>;

/// What is known of a gene.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GeneDescription {
    /// Full name, for instance "CD79b molecule".
    pub name: String,
    /// NCBI Gene identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ncbi: Option<String>,
    /// Other symbols.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Kind of gene, for instance "protein-coding".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Place on the chromosomes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Longer text where the source has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

impl JsonFile for GeneDescriptions {}

/// Every part that the index counts on, with genes of that part only.
pub(super) fn check(bundle: &Bundle<'_>, genes: &GeneIndex, report: &mut Report) {
    let chunk = genes.descriptions_chunk as usize;
    let reach = chunk.saturating_mul(genes.descriptions_files as usize);
    report.expect(genes.descriptions_files == 0 || reach >= genes.symbols.len(), GENE_INDEX, || {
        format!(
            "{} files of descriptions of {chunk} genes do not reach {} genes",
            genes.descriptions_files,
            genes.symbols.len()
        )
    });
    let parts = genes.symbols.chunks(chunk.max(1));
    for (index, symbols) in (0..genes.descriptions_files).zip(parts) {
        let file = descriptions(index);
        report.expect(bundle.manifest.files.contains_key(&file), &file, || {
            format!("{GENE_INDEX} counts on it, but it is not listed")
        });
        let Some(found) = bundle.read::<GeneDescriptions>(&file, report) else { continue };
        let symbols: HashSet<&str> = symbols.iter().map(String::as_str).collect();
        if let Some(symbol) = found.keys().find(|symbol| !symbols.contains(symbol.as_str())) {
            report.note(&file, format!("{symbol:?} is no gene of this part of {GENE_INDEX}"));
        }
    }
}
