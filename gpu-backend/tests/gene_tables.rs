//! The real gene tables of the shared folder, and what they add to the audit of PBMC 3k.

// A test fails by panicking.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use cellprism_core::cells::{Aliases, map_genes};
use cellprism_gpu_backend::files::{genes::read_gene_table, h5ad};

fn shared(file: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CELLPRISM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let path = root.join("data").join(file);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no {file} in the shared data folder (set CELLPRISM_SHARED)");
    None
}

#[test]
fn current_symbols_and_identifiers_find_genes_under_their_old_names() {
    let (Some(ncbi), Some(gencode), Some(pbmc)) = (
        shared("genes/Homo_sapiens.gene_info.gz"),
        shared("genes/GENCODEv44_Gene_id2name.csv"),
        shared("pbmc3k.h5ad"),
    ) else {
        return;
    };
    let ncbi = read_gene_table(&ncbi).unwrap();
    assert_eq!(ncbi.genes.len(), 63_281, "human records only");
    assert_eq!(ncbi.find("CD79B").unwrap().description.name, "CD79b molecule");
    let gencode = read_gene_table(&gencode).unwrap();
    assert_eq!(gencode.genes.len(), 62_754);
    let table = ncbi.merge(gencode);

    let genes = h5ad::read(&pbmc, &h5ad::Options::default()).unwrap().genes;
    // Renamed since: H2AFZ to H2AZ1, C4orf3 unchanged but for its case here, FAM49B to CYRIB; and an identifier.
    let model: Vec<String> =
        ["H2AZ1", "c4orf3", "CYRIB", "ENSG00000156738", "NOT-A-GENE"].map(str::to_owned).into();
    let plain = map_genes(&model, &genes, &Aliases::none()).audit;
    assert_eq!((plain.matched, plain.by_alias, plain.lost), (1, 1, 3));
    let map = map_genes(&model, &genes, table.aliases());
    assert_eq!((map.audit.matched, map.audit.by_alias, map.audit.lost), (1, 3, 1));
    let name = |gene: usize| genes.index[map.column_of[gene].unwrap() as usize].as_str();
    assert_eq!((name(0), name(1), name(2), name(3)), ("H2AFZ", "C4orf3", "FAM49B", "MS4A1"));
}

#[test]
fn the_demos_gene_table_is_in_the_compact_form() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/demo/genes.tsv.gz");
    let table = read_gene_table(&path).unwrap();
    assert_eq!(table.find("CD134").unwrap().symbol, "TNFRSF4");
    assert!(table.genes.iter().all(|gene| !gene.symbol.is_empty()));
}
