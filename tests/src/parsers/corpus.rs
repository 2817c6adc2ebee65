//! Where each parser begins: small whole files, kept in `fuzz/corpus`, one folder a parser.

use std::{
    fs,
    path::{Path, PathBuf},
};

use cellprism_core::{
    bundle::{
        CellCodes, CellMap, ConceptArrays, Embeddings, File as _, GeneIndex, Samples, Tensors,
        verify::FolderError,
    },
    cells::simulate::{SimulateOptions, simulate},
};
use cellprism_gpu_backend::files::h5ad::{self, Extras};

use super::Parser;

/// A file of the corpus.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Folder and name.
    pub path: PathBuf,
    /// Content.
    pub content: Vec<u8>,
}

/// `fuzz/corpus`.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus")
}

/// The kept files of a parser, by name.
///
/// # Panics
/// If its folder cannot be read.
pub fn seeds(parser: &Parser) -> Vec<Seed> {
    let folder = folder().join(parser.name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let read = |path: PathBuf| Seed { content: fs::read(&path).expect("a file of the corpus"), path };
    paths.into_iter().map(read).collect()
}

/// Every file that is made here, for [`folder`]; those that need other tools are made by `fuzz/corpus/make.py`.
///
/// # Errors
/// If a fixture cannot be read or a file cannot be encoded.
pub fn made() -> Result<Vec<Seed>, Box<dyn std::error::Error>> {
    let mut seeds = Vec::new();
    let mut add = |name: &str, content: Vec<u8>| {
        seeds.push(Seed { path: folder().join(name), content });
    };
    add("h5ad/ours", cells()?);
    for (parser, fixture) in [
        ("pickle/tokens", "onnx/tests/fixtures/tiny_geneformer_tokens.pkl"),
        ("pickle/symbols", "onnx/tests/fixtures/tiny_geneformer_symbols.pkl"),
        ("zip/scimilarity", "onnx/tests/fixtures/tiny_scimilarity.ckpt"),
        ("zip/sae", "tests/fixtures/overcomplete/sae.pt"),
        ("safetensors/geneformer", "onnx/tests/fixtures/tiny_geneformer.safetensors"),
        ("scvi/tiny", "onnx/tests/fixtures/tiny_scvi.pt"),
        ("scgpt/weights", "onnx/tests/fixtures/tiny_scgpt.pt"),
        ("scgpt/args", "onnx/tests/fixtures/tiny_args.json"),
        ("scgpt/vocabulary", "onnx/tests/fixtures/tiny_vocab.json"),
        ("scimilarity/tiny", "onnx/tests/fixtures/tiny_scimilarity.ckpt"),
        ("geneformer/weights", "onnx/tests/fixtures/tiny_geneformer.safetensors"),
        ("geneformer/tokens", "onnx/tests/fixtures/tiny_geneformer_tokens.pkl"),
        ("geneformer/medians", "onnx/tests/fixtures/tiny_geneformer_medians.pkl"),
        ("geneformer/symbols", "onnx/tests/fixtures/tiny_geneformer_symbols.pkl"),
        ("overcomplete/sae", "tests/fixtures/overcomplete/sae.pt"),
    ] {
        add(parser, fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(fixture))?);
    }
    let weights = cellprism_onnx::scvi::import(
        &fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../onnx/tests/fixtures/tiny_scvi.pt"))?,
        "fuzz",
    )?;
    for (name, file) in [("encoder", "encoder.safetensors"), ("decoder", "decoder.safetensors")] {
        add(&format!("safetensors/{name}"), weights.files[file].clone());
        add(&format!("bundle_arrays/{name}"), weights.files[file].clone());
    }
    add("card/scvi", weights.files["model.json"].clone());
    let mut embeddings = Tensors::default();
    embeddings.f32("embeddings", &[3, 2], [0.5, -1.0, 2.0, 0.0, 1.5, 3.0]);
    add("embeddings/three", embeddings.to_bytes()?);
    for (name, text) in TEXTS {
        add(name, text.as_bytes().to_vec());
    }
    for (name, content) in arrays()? {
        add(name, content);
    }
    let genes =
        GeneIndex { symbols: vec!["CD79A".into()], ensembl: vec![String::new()], ..GeneIndex::default() };
    add("bundle_json/genes", genes.to_bytes()?);
    Ok(seeds)
}

/// A small file in today's encoding.
fn cells() -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let options =
        SimulateOptions { cells: 24, genes: 50, programs: 4, depth: 200.0, ..SimulateOptions::default() };
    let mut cells = simulate(&options)?.cells;
    cells.umap = Some((0..24).map(|cell| [cell as f32, 1.0]).collect());
    let texts = vec![("about".into(), "fuzz".into())];
    Ok(h5ad::to_bytes(&cells, &Extras { texts, ..Extras::default() })?)
}

/// Files of a bundle.
fn arrays() -> Result<Vec<(&'static str, Vec<u8>)>, FolderError> {
    let failed = |error: &dyn std::fmt::Display| FolderError(error.to_string().into());
    let concept =
        ConceptArrays { cells: vec![0, 2], activations: vec![0.5, 1.0], ..ConceptArrays::default() };
    let samples = Samples {
        cells: vec![1],
        indptr: vec![0, 1],
        indices: vec![0],
        values: vec![2.0],
        ..Samples::default()
    };
    let codes = CellCodes { columns: vec![("kind".into(), vec![0, 1, 0])] };
    let (_, map) = CellMap::quantise(&[[0.0, 1.0], [2.0, -1.0], [0.5, 0.5]], String::new());
    let embeddings = Embeddings(ndarray::array![[0.5, 1.0], [2.0, -1.0]]);
    Ok(vec![
        ("bundle_arrays/concept", concept.to_bytes().map_err(|e| failed(&e))?),
        ("bundle_arrays/samples", samples.to_bytes().map_err(|e| failed(&e))?),
        ("bundle_arrays/codes", codes.to_bytes().map_err(|e| failed(&e))?),
        ("bundle_arrays/map", map.to_bytes().map_err(|e| failed(&e))?),
        ("bundle_arrays/embeddings", embeddings.to_bytes().map_err(|e| failed(&e))?),
    ])
}

/// Files of text.
const TEXTS: [(&str, &str); 17] = [
    ("gmt/two", "B cell\ta source\tCD79A\tCD79B\tMS4A1\nT cell\t\tCD3D,1.0\tCD3E\n"),
    ("gmt/variants", "S1\t\tA\tB,0.5\t\r\n\n  \nS2\thttp\tC\nS1\t\tD\n"),
    ("rnk/plain", "CD79A\t2.5\nMS4A1\t1\nCD3D\t-0.25\nLYZ\t1e-300\n"),
    ("rnk/heading", "gene,score\n# a comment\nCD79A,3\nMS4A1,-0.0\n"),
    ("gene_table/gencode", "ENSG00000105369,CD79A\nENSG00000090382.3,LYZ\n"),
    (
        "gene_table/compact",
        "symbol\tensembl\tncbi\tname\taliases\tkind\tlocation\nMS4A1\tENSG00000156738\t931\tmembrane spanning\tB1|CD20\t-\t11q12.2\n",
    ),
    (
        "gene_table/ncbi",
        "#tax_id\tGeneID\tSymbol\tLocusTag\tSynonyms\tdbXrefs\tchromosome\tmap_location\tdescription\ttype\tauthority\tname\n9606\t931\tMS4A1\t-\tB1|CD20\tEnsembl:ENSG00000156738\t11\t11q12.2\tx\ty\tMS4A1\tz\n",
    ),
    ("gene_list/three", "# genes\nCD79A\nMS4A1\r\nLYZ\n"),
    (
        "card/by_hand",
        r#"{"format": 1, "kind": "onnx", "name": "mine", "genes": ["CD79A"], "latent": 3, "preprocessing": "none", "normalize": {"sum": 10000.0}, "precision": "float32"}"#,
    ),
    (
        "card/scgpt",
        r#"{"format": 1, "kind": "scgpt", "name": "x", "latent": 8, "preprocessing": "bins", "precision": "float16", "scgpt": {"layers": 2, "heads": 2, "hidden": 8, "vocabulary": 9, "bins": 51, "max_length": 1200, "pad_token": "<pad>", "pad": 8, "cls": 7, "pad_value": -2.0}}"#,
    ),
    (
        "config/run",
        "cells = \"cells.h5ad\"\nmodel = \"model\"\ngene_sets = [\"a.gmt\", \"b.gmt.gz\"]\nout = \"bundle\"\nconcepts = 64\nlearning-rate = 1e-3\noverwrite = true\n",
    ),
    (
        "sae_config/topk",
        r#"{"architecture": "topk", "d_in": 2, "d_sae": 3, "k": 1, "metadata": {"a": [1, null]}}"#,
    ),
    (
        "bundle_json/sets",
        r#"{"library": "GO", "source": "", "sets_in_source": 1, "sets": [["B cell", [0, 1]]]}"#,
    ),
    ("bundle_json/files", r#"{"a/b.json": {"bytes": 3, "sha256": "00"}}"#),
    ("bundle_json/names", r#"["cell 1", "cell 2"]"#),
    ("bundle_json/descriptions", r#"{"CD79A": {"name": "CD79a molecule", "aliases": ["MB1"]}}"#),
    (
        "bundle_json/list",
        r#"[{"name": "pbmc", "title": "PBMC", "path": "bundles/pbmc/", "tag": "0123456789ab"}]"#,
    ),
];
