//! A model whose genes are Ensembl identifiers: the bundle shows symbols, is verified, and becomes a site.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{fs, path::Path};

use cellprism_core::bundle::{File as _, GeneIndex};
use cellprism_gpu_backend::files::h5ad::{self, Extras, Options};
use cellprism_tests::{Bundle, cellprism, demo_data};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The identifier that stands for the gene of that place.
fn identifier(place: usize) -> String {
    format!("ENSG{place:011}")
}

/// The demo's model with identifiers instead of symbols, as an encoder of its own.
fn model(work: &Path, symbols: &[String]) -> std::path::PathBuf {
    let (scvi, out) = (work.join("scvi"), work.join("model"));
    cellprism(&[&"import", &"scvi", &demo_data().join("scvi"), &"--out", &scvi]).succeeded();
    let card: Value = serde_json::from_slice(&fs::read(scvi.join("model.json")).unwrap()).unwrap();
    let place = |gene: &Value| symbols.iter().position(|symbol| gene == symbol);
    // A version after some of them, and a gene that the cells do not have stays as it is.
    let genes: Vec<String> = card["genes"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(i, gene)| match place(gene) {
            Some(place) if i % 3 == 0 => format!("{}.7", identifier(place)),
            Some(place) => identifier(place),
            None => format!("ENSG9{i:010}"),
        })
        .collect();
    let by_hand = work.join("card.json");
    fs::write(&by_hand, json!({"genes": genes, "latent": card["latent"], "log1p": true}).to_string())
        .unwrap();
    cellprism(&[&"import", &"onnx", &scvi.join("model.onnx"), &"--card", &by_hand, &"--out", &out])
        .succeeded();
    out
}

#[test]
fn identifiers_go_the_whole_way_and_symbols_are_shown() {
    let work = TempDir::new().unwrap();
    let mut cells = h5ad::read(&demo_data().join("cells.h5ad"), &Options::default()).unwrap();
    let symbols = cells.genes.symbols.clone();
    cells.genes.index = (0..symbols.len()).map(identifier).collect();
    cells.genes.ensembl = cells.genes.index.clone();
    let file = work.path().join("cells.h5ad");
    fs::write(&file, h5ad::to_bytes(&cells, &Extras::default()).unwrap()).unwrap();
    let (model, out) = (model(work.path(), &symbols), work.path().join("bundle"));
    let sets = demo_data().join("GO_Biological_Process.gmt.gz");
    cellprism(&[
        &"run",
        &"--cells",
        &file,
        &"--model",
        &model,
        &"--gene-sets",
        &sets,
        &"--concepts",
        &"6",
        &"--active",
        &"2",
        &"--min-size",
        &"3",
        &"--prototypes",
        &"2",
        &"--counterfactuals",
        &"1",
        &"--held-out",
        &"0",
        &"--typical",
        &"0",
        &"--calibration",
        &"0",
        &"--permutations",
        &"20",
        &"--out",
        &out,
    ])
    .succeeded();
    cellprism(&[&"verify", &out]).succeeded();
    let genes = GeneIndex::from_bytes("genes", &fs::read(out.join("genes/index.json")).unwrap()).unwrap();
    let shown = genes.symbols.iter().filter(|symbol| symbols.contains(symbol)).count();
    assert!(shown > genes.symbols.len() / 2, "{shown} of {} symbols", genes.symbols.len());
    assert!(genes.ensembl.iter().all(|name| name.starts_with("ENSG") && !name.contains('.')));
    let tested: u32 = Bundle(out.clone())
        .living_concepts()
        .flat_map(|concept| concept.enrichment.into_iter().map(|of| of.tested))
        .max()
        .unwrap();
    assert!(tested > 0, "sets name symbols, and the cells know them");
}
