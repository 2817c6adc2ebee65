//! `cellprism de`, `cell-cycle` and `classify` as users meet them: what is written, and what is refused by name.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use cellprism_core::{
    bundle::Tensors,
    cells::simulate::{SimulateOptions, simulate},
};
use cellprism_gpu_backend::files::h5ad;

fn cellprism(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cellprism"))
        .current_dir(folder)
        .arg("--quiet")
        .args(arguments)
        .output()
        .unwrap()
}

fn done(folder: &Path, arguments: &[&str]) {
    let output = cellprism(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The message; nothing may be left under `out`.
fn refused(folder: &Path, arguments: &[&str], out: &str) -> String {
    let output = cellprism(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    assert!(!folder.join(out).exists(), "{out} is left behind");
    String::from_utf8(output.stderr).unwrap()
}

/// 150 cells with a type of one cell, a list of genes, embeddings.
fn setting() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let options = SimulateOptions { cells: 150, genes: 400, ..SimulateOptions::default() };
    let mut cells = simulate(&options).unwrap().cells;
    let column = cells.columns.iter_mut().find(|column| column.name == "cell_type").unwrap();
    column.labels.push("single".into());
    let last = column.labels.len() as u16 - 1;
    column.codes[0] = last;
    fs::write(folder.path().join("cells.h5ad"), h5ad::to_bytes(&cells, &h5ad::Extras::default()).unwrap())
        .unwrap();
    fs::write(folder.path().join("genes.txt"), cells.genes.index[..20].join("\n")).unwrap();
    let mut file = Tensors::default();
    file.f32("embeddings", &[150, 2], (0..300).map(|i| (i as f32 * 0.7).sin() + (i % 2) as f32));
    file.metadata("cells", serde_json::to_string(&cells.names).unwrap());
    fs::write(folder.path().join("embeddings.safetensors"), file.to_bytes().unwrap()).unwrap();
    let row = |(i, name): (usize, &String)| {
        format!("{name},{},{}\n", ["a", "b", "c"][i % 3], if i % 4 == 0 { "test" } else { "train" })
    };
    let rows: String = cells.names.iter().enumerate().map(row).collect();
    fs::write(folder.path().join("labels.csv"), format!("cell,label,part\n{rows}")).unwrap();
    folder
}

#[test]
fn labels_and_lists_of_the_same_cells_give_the_same_table() {
    let folder = setting();
    let at = folder.path();
    let cells = h5ad::read(&at.join("cells.h5ad"), &h5ad::Options::default()).unwrap();
    let column = cells.column("cell_type").unwrap();
    let (one, other) = (column.labels[0].as_str(), column.labels[1].as_str());
    for (label, file) in [(one, "these.txt"), (other, "those.txt")] {
        let named: Vec<&str> = (0..150)
            .filter(|&cell| column.label(cell) == Some(label))
            .map(|cell| cells.names[cell].as_str())
            .collect();
        fs::write(at.join(file), named.join("\n")).unwrap();
    }
    let de = ["de", "--cells", "cells.h5ad", "--method", "wilcoxon"];
    let labels = ["--column", "cell_type", "--group", one, "--reference", other, "--out", "labels-de.csv"];
    let lists = ["--group-cells", "these.txt", "--reference-cells", "those.txt", "--out", "lists-de.csv"];
    done(at, &[&de[..], &labels].concat());
    done(at, &[&de[..], &lists].concat());
    let table = fs::read_to_string(at.join("labels-de.csv")).unwrap();
    assert_eq!(table, fs::read_to_string(at.join("lists-de.csv")).unwrap());
    assert_eq!(table.lines().count(), 401);
    let scores: Vec<f64> =
        table.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b));
}

#[test]
fn groups_that_are_none_are_refused_by_name() {
    let folder = setting();
    let de = |more: &[&str]| {
        let all = [&["de", "--cells", "cells.h5ad", "--out", "x.csv"], more].concat();
        refused(folder.path(), &all, "x.csv")
    };
    assert!(de(&["--column", "nothing", "--group", "a"]).contains("no column \"nothing\""));
    assert!(de(&["--column", "cell_type", "--group", "no such label"]).contains("no such label"));
    assert!(de(&["--column", "cell_type", "--group", "single"]).contains("1 cell"));
    fs::write(folder.path().join("list.txt"), "nobody\n").unwrap();
    assert!(de(&["--group-cells", "list.txt"]).contains("nobody"));
}

#[test]
fn phases_are_written_and_absent_genes_are_named() {
    let folder = setting();
    let cycle = |genes: &'static str, s: &'static str| {
        ["cell-cycle", "--cells", "cells.h5ad", "--genes", genes, "--s-genes", s, "--out", "x.csv"]
    };
    done(folder.path(), &cycle("genes.txt", "8"));
    let table = fs::read_to_string(folder.path().join("x.csv")).unwrap();
    assert_eq!(table.lines().next(), Some("cell,S_score,G2M_score,phase"));
    assert_eq!(table.lines().count(), 151);
    fs::remove_file(folder.path().join("x.csv")).unwrap();
    fs::write(folder.path().join("strange.txt"), "AAA\nBBB\n").unwrap();
    assert!(refused(folder.path(), &cycle("strange.txt", "1"), "x.csv").contains("AAA"));
    assert!(refused(folder.path(), &cycle("genes.txt", "20"), "x.csv").contains("both lists"));
}

#[test]
fn what_cannot_be_classified_is_refused() {
    let folder = setting();
    let at = folder.path();
    let classify =
        |features, labels| ["classify", "--features", features, "--labels", labels, "--out", "out"];
    done(at, &classify("embeddings.safetensors", "labels.csv"));
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(at.join("out/summary.json")).unwrap()).unwrap();
    assert_eq!((&summary["classes"], &summary["n_test"]), (&3.into(), &38.into()));
    assert_eq!(fs::read_to_string(at.join("out/predictions.csv")).unwrap().lines().count(), 39);
    fs::remove_dir_all(at.join("out")).unwrap();
    fs::write(at.join("bad.csv"), "cell,label,part\nnobody,a,train\n").unwrap();
    assert!(refused(at, &classify("embeddings.safetensors", "bad.csv"), "out").contains("nobody"));
    for (name, values) in [("nan", vec![f32::NAN; 4]), ("nameless", vec![1.0; 4])] {
        let mut file = Tensors::default();
        file.f32("embeddings", &[2, 2], values);
        fs::write(at.join(format!("{name}.safetensors")), file.to_bytes().unwrap()).unwrap();
    }
    assert!(refused(at, &classify("nan.safetensors", "labels.csv"), "out").contains("not a finite number"));
    assert!(refused(at, &classify("nameless.safetensors", "labels.csv"), "out").contains("\"cells\""));
    let mut file = Tensors::default();
    file.u32("indices", &[2, 1], [0, 9]);
    file.f32("values", &[2, 1], [1.0, 1.0]);
    file.metadata("concepts", "4");
    file.metadata("cells", "[\"a\",\"b\"]");
    fs::write(at.join("beyond.safetensors"), file.to_bytes().unwrap()).unwrap();
    assert!(refused(at, &classify("beyond.safetensors", "labels.csv"), "out").contains("feature 9"));
}
