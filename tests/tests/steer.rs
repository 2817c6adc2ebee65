//! `cellprism steer` on the embedded cells: what it writes, and what it refuses.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    fs,
    path::{Path, PathBuf},
};

use cellprism_tests::{Outcome, cellprism, demo_data};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A model, an autoencoder of its embeddings and the attribution of a concept.
struct Work {
    folder: TempDir,
    model: PathBuf,
    sae: PathBuf,
    attribution: PathBuf,
    concept: String,
}

impl Work {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (model, sae, embeddings, attribution) =
            (path("model"), path("sae"), path("embeddings"), path("attribution"));
        let cells = demo_data().join("cells.h5ad");
        cellprism(&[&"import", &"scvi", &demo_data().join("scvi"), &"--out", &model]).succeeded();
        cellprism(&[&"embed", &"--model", &model, &"--cells", &cells, &"--out", &embeddings]).succeeded();
        cellprism(&[
            &"sae",
            &"train",
            &"--embeddings",
            &embeddings,
            &"--concepts",
            &"40",
            &"--active",
            &"4",
            &"--epochs",
            &"60",
            &"--out",
            &sae,
        ])
        .succeeded();
        cellprism(&[
            &"attribute",
            &"--model",
            &model,
            &"--sae",
            &sae,
            &"--cells",
            &cells,
            &"--out",
            &attribution,
        ])
        .succeeded();
        let bytes = fs::read(&attribution).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let first = file.tensor("concepts").unwrap().data()[..4].try_into().unwrap();
        let concept = u32::from_le_bytes(first).to_string();
        Self { folder, model, sae, attribution, concept }
    }

    fn steer(&self, out: &Path, more: &[&dyn AsRef<std::ffi::OsStr>]) -> Outcome {
        let cells = demo_data().join("cells.h5ad");
        let mut words: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![
            &"steer",
            &"--json",
            &"--model",
            &self.model,
            &"--sae",
            &self.sae,
            &"--cells",
            &cells,
            &"--concept",
            &self.concept,
            &"--out",
            &out,
        ];
        words.extend(more);
        cellprism(&words)
    }
}

fn rows(table: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(table).unwrap();
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn a_raised_concept_moves_genes_and_its_present_value_moves_none() {
    let work = Work::new();
    let (up, same) = (work.folder.path().join("up.csv"), work.folder.path().join("same.csv"));
    let told = work.steer(&up, &[&"--scale", &"2", &"--attribution", &work.attribution]).succeeded();
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!((&told["cells"], &told["target"]), (&json!(10), &json!({"scale": 2.0})));
    let activation = |key: &str| told["activation"][key].as_f64().unwrap();
    assert!((activation("after") - 2.0 * activation("before")).abs() < 1e-6);
    assert!(activation("read_again") > activation("before"), "{told}");
    assert_eq!(told["spearman_with_attribution"]["all"]["genes"], 765);
    let correlation = told["spearman_with_attribution"]["all"]["log2_ratio"].as_f64().unwrap();
    assert!(correlation.abs() <= 1.0);
    let table = rows(&up);
    assert_eq!(table[0], ["gene", "log2_ratio", "difference", "before", "after", "attribution"]);
    assert_eq!(table.len(), 766);
    let number = |row: &[String], column: usize| row[column].parse::<f64>().unwrap();
    assert!(number(&table[1], 1).abs() > 0.01);
    // Genes that are expected in no cell come after all others, however large their ratio.
    let is_seen = |row: &[String]| number(row, 3).max(number(row, 4)) >= 0.01;
    let (seen, unseen) = table[1..].split_at(table[1..].iter().take_while(|row| is_seen(row)).count());
    assert!(seen.len() > 20 && !unseen.iter().any(|row| is_seen(row)));
    for part in [seen, unseen] {
        assert!(part.is_sorted_by(|a, b| number(a, 1).abs() >= number(b, 1).abs()));
    }
    for row in &table[1..] {
        assert!((number(row, 4) - number(row, 3) - number(row, 2)).abs() < 1e-9);
    }

    for cells in ["prototypes", "all"] {
        let told = work.steer(&same, &[&"--scale", &"1", &"--cells-like", &cells]).succeeded();
        let told: Value = serde_json::from_str(&told.stdout).unwrap();
        assert_eq!(told["cells"], if cells == "all" { 700 } else { 10 });
        assert!(told["spearman_with_attribution"].is_null());
        assert!(rows(&same)[1..].iter().all(|row| number(row, 1) == 0.0 && number(row, 2) == 0.0));
    }
}

#[test]
fn what_cannot_be_steered_is_told() {
    let work = Work::new();
    let out = work.folder.path().join("steered.csv");
    work.steer(&out, &[]).refused(&["--to"], &out);
    work.steer(&out, &[&"--to", &"1", &"--scale", &"2"]).refused(&["--scale"], &out);
    work.steer(&out, &[&"--to", &"-1"]).refused(&["--to"], &out);
    work.steer(&out, &[&"--to", &"1", &"--prototypes", &"0"]).refused(&["--prototypes"], &out);
    let sae = work.sae.join("sae_weights.safetensors");
    work.steer(&out, &[&"--to", &"1", &"--attribution", &sae]).refused(&["sae_weights", "concepts"], &out);
    // an encoder alone decodes nothing
    fs::remove_file(work.model.join("decoder.safetensors")).unwrap();
    work.steer(&out, &[&"--to", &"1"]).refused(&["decoder.safetensors"], &out);
}
