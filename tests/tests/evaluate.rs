//! A bundle held against baselines: the tables of the embedded cells, and of simulated ones with their truth.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use cellprism_tests::{Bundle, cellprism, demo_data, files_of, tiny_scgpt};
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

/// The same bundle without its embeddings, as they are left out where they would be too large.
fn without_embeddings(bundle: &Path, out: &Path) {
    for (name, bytes) in files_of(bundle) {
        let path = out.join(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if name != Path::new("cells/embeddings.safetensors") {
            fs::write(path, bytes).unwrap();
        }
    }
    let path = out.join("manifest.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert!(manifest["files"].as_object_mut().unwrap().remove("cells/embeddings.safetensors").is_some());
    fs::write(path, manifest.to_string()).unwrap();
}

#[test]
fn embeddings_that_a_bundle_does_not_hold_are_made_again() {
    let work = TempDir::new().unwrap();
    let whole = bundle(work.path(), 0);
    let lean = work.path().join("lean");
    without_embeddings(&whole, &lean);
    let cells = demo_data().join("cells.h5ad");
    let evaluate = |bundle: &Path, out: &str, more: &[&dyn AsRef<std::ffi::OsStr>]| {
        let out = work.path().join(out);
        let mut words: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![
            &"evaluate",
            &bundle,
            &"--items",
            &"0",
            &"--seeds",
            &"1",
            &"--skip",
            &"cell_cycle,map",
            &"--out",
            &out,
        ];
        words.extend_from_slice(more);
        (cellprism(&words).succeeded(), out)
    };
    let (_, of_whole) = evaluate(&whole, "of-whole", &[&"--cells", &cells]);
    let (outcome, again) = evaluate(&lean, "again", &[&"--cells", &cells]);
    assert!(outcome.stderr.contains("embedded again"), "{}", outcome.stderr);
    let tables = |report: &Path| files_of(&report.join("tables"));
    assert!(tables(&of_whole) == tables(&again), "the same embeddings, the same tables");

    // without the cells, what the bundle says of its own items is evaluated, and the rest says why not
    let (outcome, alone) = evaluate(&lean, "alone", &[]);
    assert!(outcome.stderr.contains("holds no embeddings"), "{}", outcome.stderr);
    let own = |report: &Path, name: &str, subject: &str| -> Vec<BTreeMap<String, String>> {
        with(&rows(report, name), &[("subject", subject)]).cloned().collect()
    };
    for (name, subject) in
        [("probes", "sae"), ("classes", "neurons"), ("labels", "sae"), ("labels", "neurons")]
    {
        assert_eq!(own(&alone, name, subject), own(&of_whole, name, subject), "{name} of {subject}");
    }
    let (here, there) =
        (&own(&alone, "reconstruction", "sae")[0], &own(&of_whole, "reconstruction", "sae")[0]);
    assert_eq!((&here["dead"], &here["sparsity"]), (&there["dead"], &there["sparsity"]));
    assert!(here["r2"].is_empty() && here["not_available"].contains("holds no embeddings"), "{here:?}");
    assert!(own(&alone, "reconstruction", "pca")[0]["not_available"].contains("--cells"));
}

#[test]
fn baselines_of_a_model_of_sequences_are_read_as_the_bundle_was() {
    let work = TempDir::new().unwrap();
    let (model, sets) = (tiny_scgpt(work.path()), work.path().join("sets.gmt"));
    fs::write(&sets, "A\tx\tLYZ\tS100A8\tMS4A1\nB\tx\tCD3D\tNKG7\n").unwrap();
    let cells = demo_data().join("cells.h5ad");
    for sequence in ["fixed-hvg", "nonzero"] {
        let (bundle, out) = (work.path().join(sequence), work.path().join(format!("of-{sequence}")));
        let few: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![
            &"--concepts",
            &"12",
            &"--active",
            &"3",
            &"--epochs",
            &"60",
            &"--min-size",
            &"2",
            &"--prototypes",
            &"2",
            &"--counterfactuals",
            &"1",
            &"--sequence",
            &sequence,
            &"--out",
            &bundle,
        ];
        let mut words: Vec<&dyn AsRef<std::ffi::OsStr>> =
            vec![&"run", &"--cells", &cells, &"--model", &model, &"--gene-sets", &sets];
        words.extend(few);
        cellprism(&words).succeeded();
        let asked: &[&dyn AsRef<std::ffi::OsStr>] = &[
            &"evaluate",
            &bundle,
            &"--cells",
            &cells,
            &"--model",
            &model,
            &"--seeds",
            &"0",
            &"--items",
            &"2",
            &"--out",
            &out,
        ];
        cellprism(asked).succeeded();
        let (labels, areas) = (rows(&out, "labels"), rows(&out, "deletion_area"));
        for subject in ["pca", "ica", "random", "frozen-decoder"] {
            let of_paper = [("subject", subject), ("reading", "paper")];
            let row = with(&labels, &of_paper).next().unwrap();
            assert_eq!(row["tested"], "2", "{sequence}: {row:?}");
            let words = [("subject", subject), ("order", "attribution"), ("on", "prototypes")];
            let area = with(&areas, &words).next().unwrap();
            assert!(area["mean"].parse::<f64>().unwrap() > 0.0, "{sequence}: {area:?}");
        }
    }
}

#[test]
fn markers_of_labels_are_brought_by_the_reader() {
    let work = TempDir::new().unwrap();
    let bundle = bundle(work.path(), 0);
    let (markers, out) = (work.path().join("markers.gmt"), work.path().join("report"));
    // Every gene of the bundle marks every label: each item of high coefficient meets its 20 genes.
    let json = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&fs::read(bundle.join(name)).unwrap()).unwrap()
    };
    let symbols: Vec<String> = serde_json::from_value(json("genes/index.json")["symbols"].clone()).unwrap();
    let metadata = json("cells/metadata.json");
    let labels = metadata["columns"][0]["labels"].as_array().unwrap().clone();
    let lines = labels
        .iter()
        .map(|label| format!("{}\tall\t{}\n", label.as_str().unwrap().to_uppercase(), symbols.join("\t")));
    fs::write(&markers, lines.collect::<String>()).unwrap();
    let cells = demo_data().join("cells.h5ad");
    cellprism(&[
        &"evaluate",
        &bundle,
        &"--cells",
        &cells,
        &"--items",
        &"0",
        &"--seeds",
        &"0",
        &"--markers",
        &markers,
        &"--out",
        &out,
    ])
    .succeeded();
    let coefficients = rows(&out, "coefficients");
    let words = [("task", "cell_type"), ("subject", "sae")];
    let overlaps: Vec<f64> =
        with(&coefficients, &words).filter_map(|row| row["marker_overlap"].parse().ok()).collect();
    let share = 20.0 / symbols.len() as f64;
    assert!(
        overlaps.len() >= labels.len() && overlaps.iter().any(|&overlap| (overlap - share).abs() < 1e-12),
        "{overlaps:?}"
    );
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
