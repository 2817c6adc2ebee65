//! Genes, their descriptions, and gene sets.

use std::collections::{BTreeMap, HashSet};

use super::{Bundle, Report};
use crate::bundle::{GeneDescription, GeneIndex, GeneSetFile, path};

pub(super) fn check(bundle: &Bundle<'_>, genes: &GeneIndex, report: &mut Report) {
    let file = path::GENE_INDEX;
    let count = genes.symbols.len();
    report.same(file, "genes", count as u64, bundle.manifest.counts.genes_model, path::MANIFEST);
    for (what, found) in [
        ("ensembl", genes.ensembl.len()),
        ("detection", genes.detection.len()),
        ("measured", genes.measured.len()),
    ] {
        report.same(file, what, found as u64, count as u64, "symbols");
    }
    descriptions(bundle, genes, report);
    for name in bundle.manifest.files.keys() {
        if let Some(library) = name.strip_prefix("gene_sets/").and_then(|name| name.strip_suffix(".json")) {
            gene_sets(bundle, name, library, count, report);
        }
    }
}

fn descriptions(bundle: &Bundle<'_>, genes: &GeneIndex, report: &mut Report) {
    let chunk = genes.descriptions_chunk as usize;
    let reach = chunk.saturating_mul(genes.descriptions_files as usize);
    report.expect(genes.descriptions_files == 0 || reach >= genes.symbols.len(), path::GENE_INDEX, || {
        format!(
            "{} files of descriptions of {chunk} genes do not reach {} genes",
            genes.descriptions_files,
            genes.symbols.len()
        )
    });
    let parts = genes.symbols.chunks(chunk.max(1));
    for (index, symbols) in (0..genes.descriptions_files).zip(parts) {
        let file = path::descriptions(index);
        report.expect(bundle.manifest.files.contains_key(&file), &file, || {
            format!("{} counts on it, but it is not listed", path::GENE_INDEX)
        });
        let Some(found) = bundle.json::<BTreeMap<String, GeneDescription>>(&file, report) else { continue };
        let symbols: HashSet<&str> = symbols.iter().map(String::as_str).collect();
        if let Some(symbol) = found.keys().find(|symbol| !symbols.contains(symbol.as_str())) {
            report.note(&file, format!("{symbol:?} is no gene of this part of {}", path::GENE_INDEX));
        }
    }
}

fn gene_sets(bundle: &Bundle<'_>, file: &str, library: &str, genes: usize, report: &mut Report) {
    let Some(found) = bundle.json::<GeneSetFile>(file, report) else { return };
    report.expect(found.library == library, file, || format!("it holds the library {:?}", found.library));
    let beyond = found.sets.iter().find(|(_, set)| set.iter().any(|gene| gene.index() >= genes));
    if let Some((term, _)) = beyond {
        report.note(file, format!("set {term:?} has a gene beyond the {genes} of {}", path::GENE_INDEX));
    }
}
