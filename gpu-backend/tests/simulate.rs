//! `cellprism simulate` through the binary.

// A test fails by panicking.
#![allow(clippy::unwrap_used)]

use std::{
    path::Path,
    process::{Command, Output},
};

use cellprism_gpu_backend::files::h5ad;

fn simulate(out: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellprism"));
    command
        .args(["simulate", "--cells", "120", "--genes", "100", "--programs", "5", "--out"])
        .arg(out)
        .args(more);
    command.output().unwrap()
}

#[test]
fn a_seed_gives_the_same_file_and_the_file_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two, other] =
        ["one", "two", "other"].map(|name| folder.path().join(name).with_extension("h5ad"));
    for (out, seed) in [(&one, "7"), (&two, "7"), (&other, "8")] {
        let done = simulate(out, &["--seed", seed, "--json"]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(report["programs"][0], "cycling");
    }
    assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
    assert_ne!(std::fs::read(&one).unwrap(), std::fs::read(&other).unwrap());
    let cells = h5ad::read(&one, &h5ad::Options::default()).unwrap();
    assert_eq!((cells.counts.rows, cells.counts.cols), (120, 100));
    assert_eq!(cells.column("cell_type").unwrap().labels.len(), 3);
}

#[test]
fn impossible_wishes_and_existing_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sim.h5ad");
    let done = simulate(&out, &["--donors", "0"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "something is left behind");
    std::fs::write(&out, "mine").unwrap();
    assert_eq!(simulate(&out, &[]).status.code(), Some(1));
    assert_eq!(std::fs::read(&out).unwrap(), b"mine");
    assert_eq!(simulate(&out, &["--cells", "many"]).status.code(), Some(2));
}
