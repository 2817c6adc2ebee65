//! Dictionaries as a user meets them: how many concepts without a wish, one of another source described, two compared.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use cellprism_core::bundle::{InputRole, TrainingEngine};
use cellprism_tests::{Bundle, Outcome, cellprism, demo_data};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The demo's model, imported, with the embeddings of its cells.
struct Work {
    folder: TempDir,
    model: PathBuf,
    embeddings: PathBuf,
}

impl Work {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let (model, embeddings) = (folder.path().join("model"), folder.path().join("e.safetensors"));
        cellprism(&[&"import", &"scvi", &demo_data().join("scvi"), &"--out", &model]).succeeded();
        let cells = demo_data().join("cells.h5ad");
        cellprism(&[&"embed", &"--model", &model, &"--cells", &cells, &"--out", &embeddings]).succeeded();
        Self { folder, model, embeddings }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, out: &Path, more: &[&dyn AsRef<OsStr>]) -> Outcome {
        let cells = demo_data().join("cells.h5ad");
        let mut words: Vec<&dyn AsRef<OsStr>> =
            vec![&"run", &"--cells", &cells, &"--model", &self.model, &"--out", &out];
        words.extend(more);
        cellprism(&words)
    }

    fn train(&self, name: &str, seed: &str) -> PathBuf {
        let out = self.path(name);
        cellprism(&[
            &"sae",
            &"train",
            &"--embeddings",
            &self.embeddings,
            &"--concepts",
            &"40",
            &"--epochs",
            &"200",
            &"--seed",
            &seed,
            &"--out",
            &out,
        ])
        .succeeded();
        out
    }
}

fn config(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("cfg.json")).unwrap()).unwrap()
}

/// The dictionary with another note about itself.
fn noted(from: &Path, to: &Path, change: impl Fn(&mut Value)) {
    fs::create_dir_all(to).unwrap();
    fs::copy(from.join("sae_weights.safetensors"), to.join("sae_weights.safetensors")).unwrap();
    let mut config = config(from);
    change(&mut config);
    fs::write(to.join("cfg.json"), config.to_string()).unwrap();
}

#[test]
fn without_a_wish_the_dictionary_is_alive_and_the_manifest_tells_what_was_tried() {
    let work = Work::new();
    let out = work.path("bundle");
    let said = work.run(&out, &[]).succeeded();
    let manifest = Bundle(out.clone()).manifest();
    let ladder = manifest.ladder.unwrap();
    let chosen: Vec<_> = ladder.rungs.iter().filter(|rung| rung.chosen).collect();
    assert_eq!((chosen.len(), ladder.cells), (1, 700));
    assert!(ladder.rungs.len() > 1 && ladder.rungs.iter().all(|rung| rung.c <= 70 && rung.k < rung.c));
    assert_eq!((chosen[0].c, chosen[0].k), (manifest.counts.concepts, manifest.counts.active_per_cell));
    assert_eq!(manifest.parameters.sae.concepts, chosen[0].c);
    let dead = manifest.counts.concepts - manifest.counts.active_concepts;
    assert!(10 * dead <= manifest.counts.concepts, "{dead} of {} are dead", manifest.counts.concepts);
    let told = format!("{} of {} concepts active", manifest.counts.active_concepts, manifest.counts.concepts);
    assert!(said.stderr.contains(&told) && said.stderr.contains("effective rank"), "{}", said.stderr);
    let origin = &config(&out.join("sae"))["metadata"]["cellprism"];
    assert_eq!((&origin["cells"], origin["dead"].as_array().unwrap().len()), (&json!(700), dead as usize));
    assert!(work.run(&out, &[]).succeeded().stderr.contains("up to date"));
}

#[test]
fn a_dictionary_of_another_source_is_described_as_it_is() {
    let work = Work::new();
    let sae = work.train("sae", "3");
    let out = work.path("bundle");
    work.run(&out, &[&"--sae", &sae]).succeeded();
    let manifest = Bundle(out.clone()).manifest();
    assert_eq!((manifest.parameters.sae.engine, manifest.counts.concepts), (TrainingEngine::Given, 40));
    assert!(manifest.ladder.is_none());
    assert_eq!(manifest.inputs.iter().filter(|input| input.role == InputRole::Dictionary).count(), 2);
    for file in ["cfg.json", "sae_weights.safetensors"] {
        assert!(fs::read(sae.join(file)).unwrap() == fs::read(out.join("sae").join(file)).unwrap(), "{file}");
    }
    cellprism(&[&"verify", &out]).succeeded();
    assert!(work.run(&out, &[&"--sae", &sae]).succeeded().stderr.contains("up to date"));

    // One that knows nothing of itself is taken; one of another model is not.
    let (foreign, other) = (work.path("foreign"), work.path("other"));
    noted(&sae, &foreign, |config| config["metadata"] = json!({}));
    noted(&sae, &other, |config| {
        config["metadata"]["cellprism"]["model"] =
            json!({"name": "another", "source_sha256": "ff00ff00ff00ff"});
    });
    let second = work.path("second");
    work.run(&second, &[&"--sae", &other])
        .refused(&["another (checkpoint ff00ff00ff00", "the model is"], &second);
    work.run(&second, &[&"--sae", &sae, &"--concepts", &"9"]).refused(&["--sae", "--concepts"], &second);
    work.run(&second, &[&"--sae", &foreign]).succeeded();
}

#[test]
fn matches_are_told_from_chance() {
    let work = Work::new();
    let (left, right) = (work.train("left", "0"), work.train("right", "1"));
    let found = |left: &Path, right: &Path, with_cells: bool| -> Value {
        let mut words: Vec<&dyn AsRef<OsStr>> =
            vec![&"sae", &"match", &"--left", &left, &"--right", &right, &"--json"];
        if with_cells {
            words.extend([&"--embeddings" as &dyn AsRef<OsStr>, &work.embeddings]);
        }
        serde_json::from_str(&cellprism(&words).succeeded().stdout).unwrap()
    };
    let dead = |folder: &Path| config(folder)["metadata"]["cellprism"]["dead"].as_array().unwrap().len();
    let number = |found: &Value, key: &str| found[key].as_f64().unwrap();
    let told = found(&left, &right, true);
    let pairs = told["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), (40 - dead(&left)).min(40 - dead(&right)));
    assert_eq!((&told["null"]["shape"], &told["left"]["alive_known"]), (&json!("covariance"), &json!(true)));
    assert!(number(&told, "mean_cosine") > number(&told, "null_mean"));
    let stable = pairs.iter().filter(|pair| pair["cosine"].as_f64() > told["null_95"].as_f64()).count();
    assert!(told["stable"] == stable && pairs.iter().filter(|pair| pair["stable"] == true).count() == stable);
    assert!(pairs.iter().any(|pair| pair["correlation"].as_f64().is_some_and(|r| r > 0.5)));
    assert!(
        told["null_of_cells"]["p95"].as_f64() > told["null_95"].as_f64(),
        "cells lie closer than directions"
    );

    // Itself, and without cells.
    let same = found(&left, &left, false);
    assert!(
        same["pairs"]
            .as_array()
            .unwrap()
            .iter()
            .all(|pair| pair["left"] == pair["right"] && pair["stable"] == true)
    );
    assert_eq!((&same["null"]["shape"], number(&same, "share_above_null")), (&json!("isotropic"), 1.0));
    assert!(number(&same, "null_mean") < number(&told, "null_mean"));

    // Of a dictionary that says nothing all concepts count.
    let foreign = work.path("foreign");
    noted(&left, &foreign, |config| config["metadata"] = json!({}));
    let all = found(&foreign, &foreign, false);
    assert_eq!((all["pairs"].as_array().unwrap().len(), &all["left"]["alive_known"]), (40, &json!(false)));
    let other = work.path("other");
    noted(&right, &other, |config| {
        config["metadata"]["cellprism"]["model"] =
            json!({"name": "another", "source_sha256": "ff00ff00ff00ff"});
    });
    cellprism(&[&"sae", &"match", &"--left", &left, &"--right", &other])
        .refused_keeping(&["two models", "another (checkpoint ff00ff00ff00"]);
}
