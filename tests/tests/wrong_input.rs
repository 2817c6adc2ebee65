//! Wrong input: one clear error, exit code 1 or 2, no output.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    fs,
    path::{Path, PathBuf},
};

use cellprism_tests::{Outcome, cellprism, demo_data};
use hdf5_pure::FileBuilder;
use tempfile::TempDir;

/// A folder with an imported model, and a place for output that must stay empty.
struct Work {
    folder: TempDir,
    model: PathBuf,
    out: PathBuf,
}

impl Work {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let (model, out) = (folder.path().join("model"), folder.path().join("bundle"));
        cellprism(&[&"import", &"scvi", &demo_data().join("scvi"), &"--out", &model]).succeeded();
        Self { folder, model, out }
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn run(&self, cells: &Path, more: &[&str]) -> Outcome {
        let sets = demo_data().join("GO_Biological_Process.gmt.gz");
        let mut arguments: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![
            &"run",
            &"--cells",
            &cells,
            &"--model",
            &self.model,
            &"--gene-sets",
            &sets,
            &"--out",
            &self.out,
        ];
        arguments.extend(more.iter().map(|word| word as &dyn AsRef<std::ffi::OsStr>));
        cellprism(&arguments)
    }
}

#[test]
fn a_text_file_named_h5ad() {
    let work = Work::new();
    let cells = work.file("text.h5ad", "these are not cells\n");
    work.run(&cells, &[]).refused(&["text.h5ad", "HDF5"], &work.out);
}

#[test]
fn an_h5ad_without_counts() {
    let work = Work::new();
    let mut file = FileBuilder::new();
    for name in ["obs", "var"] {
        let group = file.create_group(name).finish();
        file.add_group(group);
    }
    let cells = work.file("empty.h5ad", file.finish().unwrap());
    work.run(&cells, &[]).refused(&["empty.h5ad"], &work.out);
}

#[test]
fn a_model_that_shares_no_genes_with_the_cells() {
    let work = Work::new();
    let cells = work.folder.path().join("other.h5ad");
    cellprism(&[&"simulate", &"--cells", &"60", &"--genes", &"200", &"--out", &cells]).succeeded();
    work.run(&cells, &[]).refused(&["gene"], &work.out);
}

#[test]
fn a_truncated_checkpoint() {
    let work = Work::new();
    let whole = fs::read(demo_data().join("scvi/model.pt")).unwrap();
    for share in [0, 1, 50, 99] {
        let folder = work.folder.path().join(format!("cut-{share}"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("model.pt"), &whole[..whole.len() * share / 100]).unwrap();
        let out = work.folder.path().join("imported");
        cellprism(&[&"import", &"scvi", &folder, &"--out", &out]).refused(&["model.pt"], &out);
    }
}

#[test]
fn a_label_that_the_cells_do_not_have() {
    let work = Work::new();
    let cells = demo_data().join("cells.h5ad");
    work.run(&cells, &["--labels", "phase_of_the_moon"]).refused(&["phase_of_the_moon"], &work.out);
}

#[test]
fn files_that_are_not_there() {
    let work = Work::new();
    let nowhere = work.folder.path().join("nowhere.h5ad");
    work.run(&nowhere, &[]).refused(&["nowhere.h5ad"], &work.out);
    let cells = demo_data().join("cells.h5ad");
    work.run(&cells, &["--gene-sets", "no-such-sets.gmt"]).refused(&["no-such-sets.gmt"], &work.out);
    let out = work.folder.path().join("site");
    cellprism(&[&"site", &work.folder.path().join("no-bundle"), &"--out", &out])
        .refused(&["no-bundle"], &out);
}

#[test]
fn a_library_that_is_not_there() {
    let work = Work::new();
    let cells = demo_data().join("cells.h5ad");
    work.run(&cells, &["--onnxruntime", "no-such-library.so"]).refused(&["no-such-library.so"], &work.out);
}

#[test]
fn more_active_concepts_than_concepts() {
    let work = Work::new();
    let cells = demo_data().join("cells.h5ad");
    work.run(&cells, &["--concepts", "4", "--active", "9"]).refused(&["active"], &work.out);
}
