//! Names of genes from `var`.

use std::collections::HashMap;

use cellprism_core::cells::{GeneNames, is_ensembl, strip_version};

use super::{container::Container, error::H5adError, frame::Frame};

/// Columns that hold symbols, the most trusted first.
const SYMBOLS: &[&str] = &[
    "feature_name",
    "gene_symbols",
    "gene_symbol",
    "gene_names",
    "gene_name",
    "symbols",
    "symbol",
    "hgnc_symbol",
    "gene_short_name",
];
/// Columns that hold Ensembl identifiers.
const IDENTIFIERS: &[&str] =
    &["gene_ids", "gene_id", "ensembl_id", "ensembl_gene_id", "ensembl", "feature_id", "gene_ids-0"];

/// All names of the genes of `frame`, which is `path`. What `raw/var` lacks is looked up in `var`.
pub(super) fn names(container: &Container, frame: &Frame, path: &str) -> Result<GeneNames, H5adError> {
    let index = frame.index().to_vec();
    let mut symbols = frame.texts(container, SYMBOLS)?;
    let mut identifiers = frame.texts(container, IDENTIFIERS)?;
    if path != "var"
        && (symbols.is_none() || identifiers.is_none())
        && let Some(var) = Frame::open(container, "var", None)?
    {
        let row_of: HashMap<&String, usize> =
            var.index().iter().enumerate().map(|(row, name)| (name, row)).collect();
        let lookup = |texts: Vec<String>| -> Vec<String> {
            index.iter().map(|n| row_of.get(n).map_or_else(String::new, |&row| texts[row].clone())).collect()
        };
        if symbols.is_none() {
            symbols = var.texts(container, SYMBOLS)?.map(lookup);
        }
        if identifiers.is_none() {
            identifiers = var.texts(container, IDENTIFIERS)?.map(lookup);
        }
    }
    let mut genes = GeneNames::from_index(index);
    if let Some(symbols) = symbols {
        fill(&mut genes.symbols, symbols, |name| !name.is_empty());
    }
    if let Some(identifiers) = identifiers {
        let stripped = identifiers.iter().map(|name| strip_version(name).to_owned()).collect();
        fill(&mut genes.ensembl, stripped, is_ensembl);
    }
    Ok(genes)
}

fn fill(names: &mut [String], better: Vec<String>, good: impl Fn(&str) -> bool) {
    for (name, better) in names.iter_mut().zip(better) {
        if good(&better) {
            *name = better;
        }
    }
}
