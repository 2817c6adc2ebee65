//! A bundle held against baselines: the tables of the embedded cells, and of simulated ones with their truth.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use cellprism_tests::{Bundle, cellprism, demo_data, files_of};
use tempfile::TempDir;

/// A bundle of the embedded cells with few concepts.
fn bundle(work: &Path, seed: u32) -> PathBuf {
    let data = demo_data();
    let (model, out) = (work.join("model"), work.join(format!("bundle-{seed}")));
    if !model.exists() {
        cellprism(&[&"import", &"scvi", &data.join("scvi"), &"--out", &model]).succeeded();
    }
    let (cells, sets) = (data.join("cells.h5ad"), data.join("GO_Biological_Process.gmt.gz"));
    cellprism(&[
        &"run",
        &"--cells",
        &cells,
        &"--model",
        &model,
        &"--gene-sets",
        &sets,
        &"--neurons",
        &"--concepts",
        &"24",
        &"--active",
        &"3",
        &"--epochs",
        &"150",
        &"--seed",
        &seed.to_string(),
        &"--out",
        &out,
    ])
    .succeeded();
    out
}

/// A table's rows by column; the tables of these tests have no quoted line breaks.
fn rows(report: &Path, name: &str) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(report.join("tables").join(format!("{name}.csv"))).unwrap();
    let mut lines = text.lines().map(fields);
    let header = lines.next().unwrap();
    let row = |fields: Vec<String>| {
        assert_eq!(fields.len(), header.len(), "{name}: {fields:?}");
        header.iter().cloned().zip(fields).collect::<BTreeMap<_, _>>()
    };
    lines.map(row).collect()
}

fn fields(line: &str) -> Vec<String> {
    let (mut found, mut field, mut quoted) = (Vec::new(), String::new(), false);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => found.push(std::mem::take(&mut field)),
            letter => field.push(letter),
        }
    }
    found.push(field);
    found
}

fn with<'a>(
    rows: &'a [BTreeMap<String, String>],
    words: &'a [(&'a str, &'a str)],
) -> impl Iterator<Item = &'a BTreeMap<String, String>> {
    rows.iter().filter(|row| words.iter().all(|(column, word)| row[*column] == *word))
}

#[test]
fn two_bundles_beside_baselines() {
    let work = TempDir::new().unwrap();
    let (first, second) = (bundle(work.path(), 0), bundle(work.path(), 1));
    let (report, copies) = (work.path().join("report"), work.path().join("copies"));
    let cells = demo_data().join("cells.h5ad");
    let evaluate = |out: &Path, more: &[&dyn AsRef<std::ffi::OsStr>]| {
        let mut words: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![
            &"evaluate",
            &first,
            &second,
            &"--cells",
            &cells,
            &"--items",
            &"3",
            &"--seeds",
            &"1",
            &"--out",
            &out,
        ];
        words.extend_from_slice(more);
        cellprism(&words)
    };
    evaluate(&report, &[&"--into-bundle", &copies]).succeeded();

    // the dictionary rebuilds what its own metrics say; all components rebuild everything
    let metrics: serde_json::Value =
        serde_json::from_slice(&fs::read(first.join("evaluation/metrics.json")).unwrap()).unwrap();
    let reconstruction = rows(&report, "reconstruction");
    let tag = Bundle(first.clone()).manifest().tag;
    let name = reconstruction[0]["bundle"].clone();
    assert!(name.contains(&tag), "two bundles of one name are told apart: {name}");
    let r2 = |subject: &str| -> f64 {
        let own = [("bundle", name.as_str()), ("subject", subject), ("on", "own")];
        with(&reconstruction, &own).next().unwrap()["r2"].parse().unwrap()
    };
    assert!((r2("sae") - metrics[0]["r2"].as_f64().unwrap()).abs() < 1e-6);
    assert!(r2("pca") > 0.9999 && r2("ica") > 0.9999 && r2("neurons") > 0.9999);
    assert!(r2("sae") > r2("random") && r2("random") > r2("shuffled"), "{} {}", r2("sae"), r2("random"));
    assert!(r2("frozen-decoder") < r2("sae"));
    let semi = with(&reconstruction, &[("subject", "semi-nmf"), ("on", "own")]).next().unwrap();
    let sparsity: f64 = semi["sparsity"].parse().unwrap();
    assert!((0.75..0.99).contains(&sparsity), "{sparsity}");

    // no value is missing without a reason, and none is not a number
    for entry in fs::read_dir(report.join("tables")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        for row in rows(&report, &stem) {
            // a list may be empty because nothing is on it
            let may_be_empty = |column: &str| ["not_available", "left_out"].contains(&column);
            let short = row.iter().any(|(column, value)| value.is_empty() && !may_be_empty(column));
            assert!(!short || !row["not_available"].is_empty(), "{stem}: {row:?}");
            assert!(
                !row.values().any(|value| ["NaN", "inf", "-inf"].contains(&value.as_str())),
                "{stem}: {row:?}"
            );
        }
    }

    // labels of the bundle as it has them, baselines read through the encoder that the bundle holds
    let labels = rows(&report, "labels");
    let index = Bundle(first.clone()).index();
    let surviving: u32 = with(&labels, &[("bundle", name.as_str()), ("subject", "sae")])
        .filter(|row| row["reading"] != "paper")
        .map(|row| row["above_chance"].parse::<u32>().unwrap())
        .sum();
    assert_eq!(surviving, index.surviving);
    let random = with(&labels, &[("subject", "random"), ("reading", "paper")]).next().unwrap();
    assert_eq!(random["tested"], "3");

    // matches are one to one and of living concepts
    let matches = rows(&report, "matches");
    let alive = |rows: &[cellprism_core::bundle::ConceptRow]| rows.iter().filter(|row| row.cells > 0).count();
    let both = (alive(&index.rows), alive(&Bundle(second.clone()).index().rows));
    assert_eq!(matches.len(), both.0.min(both.1));
    let stability = rows(&report, "stability");
    let trained_again = [("left", name.as_str()), ("seeds", "1")];
    let seeds = with(&stability, &trained_again).next().unwrap();
    assert!(seeds["r2_mean"].parse::<f64>().unwrap() > 0.5);

    // claims answer, and say why
    let claims = fs::read_to_string(report.join("claims.csv")).unwrap();
    assert!(claims.lines().count() > 12);
    let answers = ["yes", "no", "not available"];
    assert!(
        claims.lines().skip(1).all(|line| fields(line).iter().any(|field| answers.contains(&field.as_str())))
    );

    // the copies are bundles of another tag with the same files
    let copy = copies.join(&tag);
    cellprism(&[&"verify", &copy]).succeeded();
    assert_ne!(Bundle(copy.clone()).manifest().tag, tag);
    let table = |root: &Path| fs::read(root.join("tables/labels.csv")).unwrap();
    assert_eq!(table(&copy.join("evaluation")), table(&report));
    fs::write(copy.join("evaluation/tables/labels.csv"), "x").unwrap();
    cellprism(&[&"verify", &copy]).refused_keeping(&["damaged"]);

    // again: the same bytes; and nothing is written over
    let again = work.path().join("again");
    evaluate(&again, &[]).succeeded();
    let names = |root: &Path| files_of(root);
    assert_eq!(names(&report), names(&again));
    evaluate(&report, &[]).refused_keeping(&["exists already"]);
    let other = work.path().join("x");
    evaluate(&other, &[&"--skip", &"tables"]).refused(&["no such table", "labels"], &other);
    cellprism(&[&"evaluate", &work.path(), &"--out", &other]).refused(&["a bundle"], &other);
}
