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

/// As other commands do; `--quiet` says nothing.
#[test]
fn it_tells_how_far_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let said = |out: &str, more: &[&str]| {
        let done = simulate(&folder.path().join(out), more);
        assert!(done.status.success());
        String::from_utf8_lossy(&done.stderr).into_owned()
    };
    assert!(said("told", &[]).starts_with("simulate: 120 cells\n"));
    assert_eq!(said("quiet", &["--quiet"]), "");
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

#[test]
fn the_truth_is_written_as_gene_sets_with_the_names_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (out, sets, list) =
        (folder.path().join("sim.h5ad"), folder.path().join("true.gmt"), folder.path().join("names.txt"));
    let names: Vec<String> = (1..=130).map(|gene| format!("GENE{gene}\tof a table")).collect();
    std::fs::write(&list, format!("# symbols\n{}\n", names.join("\n"))).unwrap();
    let more = [
        "--genes",
        "120",
        "--children",
        "1",
        "--rare",
        "1",
        "--overlap",
        "0.2",
        "--graded",
        "--batches",
        "2",
    ];
    let files = ["--gene-sets-out", sets.to_str().unwrap(), "--gene-names", list.to_str().unwrap()];
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellprism"));
    command.args(["simulate", "--cells", "150", "--programs", "5", "--out"]).arg(&out).args(more).args(files);
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let cells = h5ad::read(&out, &h5ad::Options::default()).unwrap();
    assert_eq!(cells.genes.index[119], "GENE120");
    for column in ["cell_subtype", "rare", "batch"] {
        assert!(cells.column(column).is_some(), "{column}");
    }
    let text = std::fs::read_to_string(&sets).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let terms: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    // Cycling, the response, three types, their three children, a rare one; and a decoy of each.
    assert_eq!((terms.len(), terms[2], terms[5], terms[8]), (18, "type 1", "type 1.1", "rare 1"));
    for program in 0..9 {
        assert_eq!(terms[9 + program], format!("decoy of {}", terms[program]));
        assert_eq!(rows[program].len(), rows[9 + program].len());
        assert!(rows[program][2..].iter().all(|gene| gene.starts_with("GENE")));
        assert!(rows[9 + program][2..].iter().all(|gene| !rows[..9].iter().any(|own| own.contains(gene))));
    }

    let refuse = |names: &str, said: &str| {
        std::fs::write(&list, names).unwrap();
        let done = simulate(&folder.path().join("other.h5ad"), &["--gene-names", list.to_str().unwrap()]);
        let words = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.code() == Some(1) && words.contains(said), "{words}");
    };
    refuse("A\nB\n", "2 names, but 100 genes");
    refuse("A\nB\nA\n", "line 3");
    let done = simulate(&folder.path().join("other.h5ad"), &["--gene-sets-out", sets.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&done.stderr).contains("exists already"));
}
