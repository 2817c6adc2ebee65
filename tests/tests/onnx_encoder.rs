//! An encoder that comes as a bare ONNX file with a card goes the whole way. The file is scVI's own graph, of which
//! nothing is known here: embeddings, attribution and a bundle must be those of the scVI path.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    fs,
    path::{Path, PathBuf},
};

use cellprism_tests::{Bundle, cellprism, demo_data};
use safetensors::SafeTensors;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The demo's model under both kinds: as scVI, and as some encoder.
fn models(work: &Path) -> (PathBuf, PathBuf) {
    let (scvi, other) = (work.join("scvi"), work.join("other"));
    cellprism(&[&"import", &"scvi", &demo_data().join("scvi"), &"--out", &scvi]).succeeded();
    let card: Value = serde_json::from_slice(&fs::read(scvi.join("model.json")).unwrap()).unwrap();
    let by_hand = work.join("card.json");
    let card = json!({"genes": card["genes"], "latent": card["latent"], "log1p": true});
    fs::write(&by_hand, card.to_string()).unwrap();
    cellprism(&[&"import", &"onnx", &scvi.join("model.onnx"), &"--card", &by_hand, &"--out", &other])
        .succeeded();
    (scvi, other)
}

fn numbers(path: &Path, tensor: &str) -> Vec<f32> {
    let bytes = fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let data = file.tensor(tensor).unwrap().data();
    data.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

/// The largest difference.
fn worst(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Takes away what a dictionary says of the model that its embeddings came from.
fn forget_origin(sae: &Path) {
    let path = sae.join("cfg.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config["metadata"]["cellprism"].as_object_mut().unwrap().remove("model").unwrap();
    fs::write(&path, config.to_string()).unwrap();
}

#[test]
fn embeddings_and_attribution_are_those_of_the_scvi_path() {
    let work = TempDir::new().unwrap();
    let (scvi, other) = models(work.path());
    let cells = demo_data().join("cells.h5ad");
    let embeddings = [&scvi, &other].map(|model| {
        let out = model.with_extension("embeddings");
        cellprism(&[&"embed", &"--model", &model, &"--cells", &cells, &"--out", &out]).succeeded();
        out
    });
    // scVI is computed by the page's code, the other by ONNX Runtime, as scVI is too where its library is named.
    assert!(worst(&numbers(&embeddings[0], "embeddings"), &numbers(&embeddings[1], "embeddings")) <= 1e-5);
    if let Some(library) = std::env::var_os("ORT_DYLIB_PATH") {
        let out = work.path().join("named");
        let library = PathBuf::from(library);
        let report = cellprism(&[
            &"--json",
            &"embed",
            &"--onnxruntime",
            &library,
            &"--model",
            &scvi,
            &"--cells",
            &cells,
            &"--out",
            &out,
        ])
        .succeeded();
        let report: Value = serde_json::from_str(&report.stdout).unwrap();
        assert_eq!(report["provider"], "CPUExecutionProvider");
        assert!(numbers(&out, "embeddings") == numbers(&embeddings[1], "embeddings"));
    }
    let sae = work.path().join("sae");
    cellprism(&[
        &"sae",
        &"train",
        &"--embeddings",
        &embeddings[0],
        &"--concepts",
        &"40",
        &"--active",
        &"4",
        &"--epochs",
        &"40",
        &"--out",
        &sae,
    ])
    .succeeded();
    // The same network under two names is two models: without its origin the dictionary may be used with either.
    forget_origin(&sae);
    let [ours, theirs] = [&scvi, &other].map(|model| {
        let out = model.with_extension("attribution");
        cellprism(&[
            &"attribute",
            &"--model",
            &model,
            &"--sae",
            &sae,
            &"--cells",
            &cells,
            &"--concepts",
            &"0-15",
            &"--out",
            &out,
        ])
        .succeeded();
        numbers(&out, "scores_pre_topk")
    });
    assert!(ours.iter().any(|score| score.abs() > 0.01));
    let worst = worst(&ours, &theirs);
    assert!(worst <= 1e-5, "scores differ by {worst}");
}

#[test]
fn a_bundle_is_made_of_it() {
    let work = TempDir::new().unwrap();
    let (_, model) = models(work.path());
    let (cells, sets) = (demo_data().join("cells.h5ad"), demo_data().join("GO_Biological_Process.gmt.gz"));
    let out = work.path().join("bundle");
    cellprism(&[
        &"run",
        &"--cells",
        &cells,
        &"--model",
        &model,
        &"--gene-sets",
        &sets,
        &"--concepts",
        &"40",
        &"--out",
        &out,
    ])
    .succeeded();
    cellprism(&[&"verify", &out]).succeeded();
    let manifest = Bundle(out.clone()).manifest();
    assert_eq!((manifest.model.kind.name(), manifest.model.in_browser), ("onnx", false));
    assert_eq!(manifest.model.preprocessing, "raw counts, log1p");
    assert!(Bundle(out).index().rows.iter().any(|row| !row.genes.is_empty()));
}

#[test]
fn a_card_that_does_not_fit_is_refused() {
    let work = TempDir::new().unwrap();
    let (scvi, _) = models(work.path());
    let (card, out) = (work.path().join("wrong.json"), work.path().join("wrong"));
    fs::write(&card, json!({"genes": ["CD79A", "LYZ"], "latent": 32}).to_string()).unwrap();
    let graph = scvi.join("model.onnx");
    cellprism(&[&"import", &"onnx", &graph, &"--card", &card, &"--out", &out])
        .refused(&["wrong.json", "765 columns", "2 genes"], &out);
    cellprism(&[&"import", &"onnx", &graph, &"--out", &out]).refused(&["--card"], &out);
    cellprism(&[&"import", &"scvi", &demo_data().join("scvi"), &"--card", &card, &"--out", &out])
        .refused(&["--card"], &out);
}
