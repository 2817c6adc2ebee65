//! `cellprism embed`, killed and started again, gives the same file without computing anything twice.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::Duration,
};

use cellprism_core::cells::{Cells, CountMatrix};
use cellprism_gpu_backend::files::h5ad;
use cellprism_tests::{cellprism, demo_data, program};
use tempfile::TempDir;

const CELLS: usize = 40_000;

#[test]
fn a_killed_embedding_goes_on_to_the_same_file() {
    let work = TempDir::new().unwrap();
    let at = |name: &str| work.path().join(name);
    let (model, cells) = (at("model"), at("cells.h5ad"));
    cellprism(&[&"import", &"scvi", &demo_data().join("scvi"), &"--out", &model]).succeeded();
    many_cells(&demo_data().join("cells.h5ad"), &cells);

    let command = |out: &Path| {
        let mut command = Command::new(program());
        command.args(["embed", "--json", "--quiet", "--model"]).arg(&model);
        command.arg("--cells").arg(&cells).arg("--out").arg(out).stdout(Stdio::piped());
        command
    };
    assert!(command(&at("whole")).output().unwrap().status.success());

    let (out, partial) = (at("killed"), at("killed.partial"));
    let mut running = command(&out).spawn().unwrap();
    while parts(&partial) < 2 && running.try_wait().unwrap().is_none() {
        sleep(Duration::from_millis(1));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    let kept = parts(&partial);
    assert!(kept >= 2 && !out.exists(), "{kept} parts when it was killed");

    let again = command(&out).output().unwrap();
    assert!(again.status.success());
    let report: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    let cells_kept = report["cells_kept"].as_u64().unwrap();
    assert!(cells_kept >= kept as u64 * 512 && cells_kept <= CELLS as u64, "{report}");
    assert_eq!(fs::read(&out).unwrap(), fs::read(at("whole")).unwrap());
    assert!(!partial.exists());

    // Shared among two, the cells are the same.
    let shared = at("shared");
    assert!(command(&shared).args(["--device", "cpu,cpu"]).status().unwrap().success());
    assert_eq!(fs::read(&shared).unwrap(), fs::read(&out).unwrap());
}

/// Finished parts: files without a temporary name.
fn parts(partial: &Path) -> usize {
    let finished = |name: &str| name.chars().all(|c| c.is_ascii_digit());
    let names = fs::read_dir(partial.join("parts")).into_iter().flatten().flatten();
    names.filter(|entry| finished(&entry.file_name().to_string_lossy())).count()
}

/// Cells with the genes of another file, one gene each.
fn many_cells(other: &Path, to: &Path) {
    let genes = h5ad::read(other, &h5ad::Options::default()).unwrap().genes;
    let n = genes.len();
    let cells = Cells {
        counts: CountMatrix {
            rows: CELLS,
            cols: n,
            indptr: (0..=CELLS as u64).collect(),
            indices: (0..CELLS).map(|cell| (cell * 7 % n) as u32).collect(),
            values: (0..CELLS).map(|cell| (cell % 5 + 1) as f32).collect(),
        },
        genes,
        names: (0..CELLS).map(|cell| format!("cell {cell}")).collect(),
        columns: Vec::new(),
        umap: None,
        counts_source: String::new(),
    };
    fs::write(to, h5ad::to_bytes(&cells, &h5ad::Extras::default()).unwrap()).unwrap();
}
