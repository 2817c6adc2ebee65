//! The whole job on the embedded cells.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::path::{Path, PathBuf};

use cellprism_tests::{Bundle, cellprism, demo_data, files_of};
use tempfile::TempDir;

fn import(work: &Path) -> PathBuf {
    let model = work.join("model");
    cellprism(&[&"import", &"scvi", &demo_data().join("scvi"), &"--out", &model]).succeeded();
    model
}

fn run(model: &Path, out: &Path) {
    let data = demo_data();
    let (cells, sets, genes) =
        (data.join("cells.h5ad"), data.join("GO_Biological_Process.gmt.gz"), data.join("genes.tsv.gz"));
    cellprism(&[
        &"run",
        &"--cells",
        &cells,
        &"--model",
        &model,
        &"--gene-sets",
        &sets,
        &"--gene-info",
        &genes,
        &"--neurons",
        &"--out",
        &out,
    ])
    .succeeded();
}

#[test]
fn cells_become_concepts_genes_and_pathways() {
    let work = TempDir::new().unwrap();
    let (model, out) = (import(work.path()), work.path().join("bundle"));
    run(&model, &out);
    cellprism(&[&"verify", &out]).succeeded();
    let bundle = Bundle(out.clone());
    let manifest = bundle.manifest();
    assert_eq!((manifest.counts.cells, manifest.counts.genes_model), (700, 765));
    assert_eq!(manifest.gene_audit.matched + manifest.gene_audit.by_alias, 765);

    // the baseline: both sides of each dimension, half of the cells on either
    let neurons = bundle.neurons();
    assert_eq!(neurons.rows.len() as u32, 2 * manifest.counts.embedding);
    let d = manifest.counts.embedding as usize;
    assert!((0..d).all(|i| neurons.rows[i].cells + neurons.rows[d + i].cells == 700));

    // blood: B cells and dendritic cells each have a concept of their own, with genes that a textbook names
    let index = bundle.index();
    let knows = |cell: &str, genes: &[&str]| {
        index.rows.iter().any(|row| {
            row.specific.iter().any(|specific| specific.label.contains(cell))
                && row.genes.iter().take(10).any(|gene| genes.contains(&gene.gene.as_str()))
        })
    };
    assert!(
        knows("CD19+ B", &["CD79A", "CD79B", "MS4A1", "CD74", "HLA-DRA", "HLA-DRB1", "HLA-DPB1"]),
        "no concept of B cells"
    );
    assert!(
        knows("Dendritic", &["FCER1A", "CLEC10A", "FCN1", "S100A8", "S100A9", "MNDA"]),
        "no concept of dendritic cells"
    );

    // every page of the site is there, and nothing in its first page is asked of a server's root
    let site = work.path().join("site");
    cellprism(&[&"site", &out, &"--out", &site]).succeeded();
    let html = std::fs::read_to_string(site.join("index.html")).unwrap();
    assert!(!html.contains("=\"/"), "{html}");
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let work = TempDir::new().unwrap();
    let model = import(work.path());
    let [one, two] = ["one", "two"].map(|name| work.path().join(name));
    for (threads, out) in [("1", &one), ("2", &two)] {
        let data = demo_data();
        let status = std::process::Command::new(cellprism_tests::program())
            .env("RAYON_NUM_THREADS", threads)
            .args(["run", "--quiet", "--cells"])
            .arg(data.join("cells.h5ad"))
            .arg("--model")
            .arg(&model)
            .arg("--gene-sets")
            .arg(data.join("GO_Biological_Process.gmt.gz"))
            .arg("--out")
            .arg(out)
            .status()
            .unwrap();
        assert!(status.success());
    }
    let (left, right) = (files_of(&one), files_of(&two));
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
    for (name, content) in &left {
        // the manifest tells the time of writing and how long each stage took
        if name != Path::new("manifest.json") {
            assert!(content == &right[name], "{} differs between one thread and two", name.display());
        }
    }
    assert_eq!(Bundle(one).manifest().tag, Bundle(two).manifest().tag);
}
