//! The embedded data: 700 blood cells, a small scVI model of them, gene sets and gene descriptions. Where they are from
//! and under which licences is in `tests/fixtures/README.md`, and beside them in a file.

use std::{ffi::OsString, path::Path};

use anyhow::{Context as _, ensure};
use cellprism_core::bundle::path;

use crate::{
    files::bundle::BundleFolder,
    jobs::evaluate::EVALUATION,
    work::{atomic::write_file, target},
};

/// The cells, from the folder of the demo.
pub const CELLS: &str = "data/cells.h5ad";
/// The folder of the checkpoint.
pub const MODEL: &str = "data/scvi";
/// The gene sets.
pub const GENE_SETS: &str = "data/GO_Biological_Process.gmt.gz";
/// The gene table.
pub const GENES: &str = "data/genes.tsv.gz";
/// The bundle that `run` makes of them.
pub const CONCEPTS: &str = "concepts";
/// Tables, figures and a page: the concepts beside baselines.
pub const REPORT: &str = "report";
/// The concepts with the report: the bundle that is shown.
pub const BUNDLE: &str = "bundle";

/// What is written, and its content.
const FILES: [(&str, &[u8]); 5] = [
    (CELLS, include_bytes!("../../../tests/fixtures/demo/cells.h5ad")),
    ("data/scvi/model.pt", include_bytes!("../../../tests/fixtures/demo/scvi/model.pt")),
    (GENE_SETS, include_bytes!("../../../tests/fixtures/demo/GO_Biological_Process.gmt.gz")),
    (GENES, include_bytes!("../../../tests/fixtures/demo/genes.tsv.gz")),
    ("data/README.md", include_bytes!("../../../tests/fixtures/README.md")),
];

/// Writes the data into a folder; files of the same names are replaced.
///
/// # Errors
/// If the folder cannot be written to, or a link or a device has its name.
pub fn write(folder: &Path) -> anyhow::Result<()> {
    target::for_folder(folder)?;
    for (name, content) in FILES {
        let path = folder.join(name);
        write_file(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The words of the `run` that makes the demo's concepts in a folder.
pub fn run(folder: &Path) -> Vec<OsString> {
    let of = |name: &str| folder.join(name).into_os_string();
    let mut words: Vec<OsString> = vec!["run".into()];
    for (option, value) in [
        ("--cells", of(CELLS)),
        ("--model", of(MODEL)),
        ("--gene-sets", of(GENE_SETS)),
        ("--gene-info", of(GENES)),
        ("--concepts", "96".into()),
        ("--active", "4".into()),
        ("--name", "pbmc700-scvi".into()),
        ("--title", "What scVI has learned about 700 blood cells".into()),
        ("--out", of(CONCEPTS)),
    ] {
        words.extend([option.into(), value]);
    }
    words.push("--neurons".into());
    words
}

/// The words of the `evaluate` that holds them against baselines, and writes the bundle that is shown.
pub fn evaluate(folder: &Path) -> Vec<OsString> {
    let of = |name: &str| folder.join(name).into_os_string();
    let mut words: Vec<OsString> = vec!["evaluate".into(), of(CONCEPTS)];
    for (option, value) in [
        ("--cells", of(CELLS)),
        ("--gene-info", of(GENES)),
        ("--out", of(REPORT)),
        ("--into-bundle", of(BUNDLE)),
    ] {
        words.extend([option.into(), value]);
    }
    words
}

/// Whether the folder holds the bundle with the report already.
///
/// # Errors
/// If there is a bundle, but of other concepts than those of the folder.
pub fn is_evaluated(folder: &Path) -> anyhow::Result<bool> {
    let bundle = folder.join(BUNDLE);
    if !bundle.join(path::MANIFEST).is_file() {
        return Ok(false);
    }
    let key = |folder: &Path| anyhow::Ok(BundleFolder::open(folder)?.1.key);
    let (mut evaluated, concepts) = (key(&bundle)?, key(&folder.join(CONCEPTS))?);
    evaluated.remove(EVALUATION);
    ensure!(
        evaluated == concepts,
        "{} was made of other concepts than {}: remove it and {}, and the same command makes both",
        bundle.display(),
        folder.join(CONCEPTS).display(),
        folder.join(REPORT).display()
    );
    Ok(true)
}
