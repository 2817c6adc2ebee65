//! The embedded data: 700 blood cells, a small scVI model of them, gene sets and gene descriptions. Where they are from
//! and under which licences is in `tests/fixtures/README.md`, and beside them in a file.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::work::{atomic::write_file, target};

/// The cells, from the folder of the demo.
pub const CELLS: &str = "data/cells.h5ad";
/// The folder of the checkpoint.
pub const MODEL: &str = "data/scvi";
/// The gene sets.
pub const GENE_SETS: &str = "data/GO_Biological_Process.gmt.gz";
/// The gene table.
pub const GENES: &str = "data/genes.tsv.gz";
/// The bundle that is made of them.
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

/// The words of the `run` that makes the demo's bundle in a folder.
pub fn arguments(folder: &Path) -> Vec<std::ffi::OsString> {
    let of = |name: &str| PathBuf::from(folder).join(name).into_os_string();
    let mut words: Vec<std::ffi::OsString> = vec!["run".into()];
    for (option, value) in [
        ("--cells", of(CELLS)),
        ("--model", of(MODEL)),
        ("--gene-sets", of(GENE_SETS)),
        ("--gene-info", of(GENES)),
        ("--concepts", "96".into()),
        ("--active", "4".into()),
        ("--name", "pbmc700-scvi".into()),
        ("--title", "What scVI has learned about 700 blood cells".into()),
        ("--out", of(BUNDLE)),
    ] {
        words.extend([option.into(), value]);
    }
    words.push("--neurons".into());
    words
}
