//! Geneformer and SCimilarity by the program: imported with the settings of their kinds, embedded, and refused where a
//! setting or a file is another kind's.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use cellprism_tests::{cellprism, demo_data};
use serde_json::Value;
use tempfile::TempDir;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../onnx/tests/fixtures").join(name)
}

fn known(name: &str) -> Value {
    serde_json::from_slice(&fs::read(fixture(name)).unwrap()).unwrap()
}

/// The tiny Geneformer under its published names.
fn geneformer(work: &Path) -> PathBuf {
    let folder = work.join("geneformer");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("config.json"), known("tiny_geneformer.json")["config"].to_string()).unwrap();
    for (from, to) in [
        ("tiny_geneformer.safetensors", "model.safetensors"),
        ("tiny_geneformer_tokens.pkl", "token_dictionary.pkl"),
        ("tiny_geneformer_medians.pkl", "gene_median_dictionary.pkl"),
        ("tiny_geneformer_symbols.pkl", "gene_name_id_dict.pkl"),
    ] {
        fs::copy(fixture(from), folder.join(to)).unwrap();
    }
    folder
}

#[test]
fn settings_of_a_kind_are_recorded_and_those_of_others_refused() {
    let work = TempDir::new().unwrap();
    let (checkpoint, out) = (geneformer(work.path()), work.path().join("model"));
    let import = |kind: &str, more: &[&str]| {
        let mut words: Vec<&dyn AsRef<OsStr>> = vec![&"import", &kind, &checkpoint, &"--out", &out];
        words.extend(more.iter().map(|word| word as &dyn AsRef<OsStr>));
        cellprism(&words)
    };
    import("geneformer", &["--precision", "float16"]).refused(&["--precision", "scgpt"], &out);
    import("geneformer", &["--layer", "-2"]).refused(&["-2", "--layer"], &out);
    import("scimilarity", &[]).refused(&["encoder.ckpt"], &out);
    import("geneformer", &["--pooling", "mean", "--layer", "-1", "--precision", "float32"]).succeeded();
    let card: Value = serde_json::from_slice(&fs::read(out.join("model.json")).unwrap()).unwrap();
    assert_eq!(
        (&card["geneformer"]["pooling"], &card["geneformer"]["layer"]),
        (&"mean".into(), &(-1).into())
    );
    let genes = fs::read_to_string(out.join("genes.tsv")).unwrap();
    assert!(genes.starts_with("gene\ttoken\tmedian\tsymbols\nENSG00000000001\t4\t"), "{genes}");
    // No gene of the demonstration's cells is in the tiny dictionary.
    let embeddings = work.path().join("embeddings.safetensors");
    let cells = demo_data().join("cells.h5ad");
    cellprism(&[&"embed", &"--model", &out, &"--cells", &cells, &"--out", &embeddings])
        .refused(&["share no gene", "Ensembl", "--gene-info"], &embeddings);
    // A dictionary of another model.
    fs::write(out.join("genes.tsv"), genes.replace("\t4\t", "\t5\t")).unwrap();
    cellprism(&[&"embed", &"--model", &out, &"--cells", &cells, &"--out", &embeddings])
        .refused(&["genes.tsv", "import the model again"], &embeddings);
}

#[test]
fn a_checkpoint_is_told_by_its_files() {
    let work = TempDir::new().unwrap();
    let (checkpoint, out) = (geneformer(work.path()), work.path().join("embeddings.safetensors"));
    let cells = demo_data().join("cells.h5ad");
    cellprism(&[&"embed", &"--model", &checkpoint, &"--cells", &cells, &"--out", &out])
        .refused(&["a Geneformer checkpoint", "cellprism import geneformer"], &out);
    let folder = work.path().join("scimilarity");
    fs::create_dir(&folder).unwrap();
    fs::copy(fixture("tiny_scimilarity.ckpt"), folder.join("encoder.ckpt")).unwrap();
    fs::copy(fixture("tiny_scimilarity.tsv"), folder.join("gene_order.tsv")).unwrap();
    cellprism(&[&"embed", &"--model", &folder, &"--cells", &cells, &"--out", &out])
        .refused(&["a SCimilarity checkpoint", "cellprism import scimilarity"], &out);
}
