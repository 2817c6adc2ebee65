//! What several jobs begin with: cells, gene tables, a model with its genes matched.

use std::path::Path;

use anyhow::bail;
use cellprism_core::{
    attribution::Screening,
    bundle::GeneAudit,
    cells::Aliases,
    embedding::card::ModelCard,
    limits::{self, OutOfRange},
};

use crate::{
    files::{
        genes::read_gene_table,
        h5ad::{self, H5ad, Options},
    },
    models::{Model, Prepared, Request, SequenceOptions},
    runtime::Place,
};

/// Refuses more cells to compare than memory and patience bear.
///
/// # Errors
/// Names the number that is out of its range.
pub fn pairs(prototypes: usize, counterfactuals: usize) -> Result<(), OutOfRange> {
    limits::PROTOTYPES.check("--prototypes", prototypes)?;
    limits::COUNTERFACTUALS.check("--counterfactuals", counterfactuals)?;
    limits::PAIRS.check("--prototypes times --counterfactuals", prototypes.saturating_mul(counterfactuals))
}

/// Opens cells.
///
/// # Errors
/// If the file is missing or damaged.
pub fn open_cells(path: &Path, allow_non_integer: bool) -> anyhow::Result<H5ad> {
    Ok(h5ad::open(path, &Options { allow_non_integer, ..Options::default() })?)
}

/// Which names mean the same gene, by a table where there is one.
///
/// # Errors
/// If it cannot be read.
pub fn read_aliases(table: Option<&Path>) -> anyhow::Result<Aliases> {
    Ok(match table {
        Some(path) => read_gene_table(path)?.aliases().clone(),
        None => Aliases::none(),
    })
}

/// A model with the genes of cells matched to it.
///
/// # Errors
/// If a gene table cannot be read, the genes do not fit, or an option is for another kind of model.
pub fn prepare(
    model: Model,
    cells: &mut H5ad,
    path: &Path,
    gene_info: Option<&Path>,
    sequence: &SequenceOptions,
) -> anyhow::Result<Box<dyn Prepared>> {
    let aliases = read_aliases(gene_info)?;
    model.prepare(cells, &Request { path, aliases: &aliases, sequence })
}

/// Refuses to screen genes through a model that has no gradient at a place.
///
/// # Errors
/// If screening is asked for and it has none.
pub fn check_screening(model: &dyn Prepared, place: &Place, asked: Option<&Screening>) -> anyhow::Result<()> {
    if asked.is_some() && !model.has_gradient(place) {
        bail!(
            "--attribution screened asks the model's gradient first, and this one has none here: scGPT has, with --sequence \
             fixed-hvg, in single precision, on the processor and without --onnxruntime. Leave it out, or describe fewer \
             concepts"
        );
    }
    Ok(())
}

/// Refuses to score genes through models that attribution is not exact through, unless forced.
///
/// # Errors
/// If the model computes in less than 32-bit floats.
pub fn check_precision(card: &ModelCard, force: bool) -> anyhow::Result<()> {
    if card.precision != "float32" && !force {
        bail!(
            "{:?} computes in {}, good for `cellprism embed`, but its rounding is as large as what many genes change: \
             import it with --precision float32, or accept that with --force-precision",
            card.name,
            card.precision
        );
    }
    Ok(())
}

/// So many further cells or concepts as were asked for, else the usual number; none unasked where each costs many passes of a
/// large model.
pub fn by_cost(asked: Option<u32>, usual: u32, is_dear: bool) -> u32 {
    asked.unwrap_or(if is_dear { 0 } else { usual })
}

/// How genes were matched, in one line, with examples of what is lost.
pub fn in_words(audit: &GeneAudit) -> String {
    let lost = if audit.lost_examples.is_empty() {
        String::new()
    } else {
        format!(" (for example {})", audit.lost_examples.join(", "))
    };
    format!(
        "genes: {} of {} matched, {} by alias, {} ambiguous, {} lost and read as zero{lost}; they hold {:.0}% of the counts",
        audit.matched,
        audit.model_genes,
        audit.by_alias,
        audit.ambiguous,
        audit.lost,
        audit.counts_share * 100.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_has_to_be_forced() {
        let json = r#"{"format": 1, "kind": "onnx", "name": "m", "genes": ["A"], "latent": 2, "preprocessing": "none",
            "precision": "float32"}"#;
        let mut card = ModelCard::from_json(json.as_bytes()).unwrap();
        assert!(check_precision(&card, false).is_ok());
        card.precision = "float16".into();
        let error = check_precision(&card, false).unwrap_err().to_string();
        assert!(error.contains("--force-precision"), "{error}");
        assert!(check_precision(&card, true).is_ok());
    }
}
