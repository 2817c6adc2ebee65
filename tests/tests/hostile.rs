//! Input made to exhaust or to wait: refused at once, with the reason.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
    time::{Duration, Instant},
};

use cellprism_tests::{Outcome, cellprism, demo_data};
use tempfile::TempDir;

/// An imported model, for all tests here.
static MODEL: LazyLock<PathBuf> = LazyLock::new(|| {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile-model");
    let _ = fs::remove_dir_all(&out);
    cellprism(&[&"import", &"scvi", &demo_data().join("scvi"), &"--out", &out]).succeeded();
    out
});

fn quickly(words: &[&dyn AsRef<OsStr>]) -> Outcome {
    let started = Instant::now();
    let outcome = cellprism(words);
    assert!(started.elapsed() < Duration::from_secs(20), "{outcome:?}");
    outcome
}

#[test]
fn every_number_has_a_limit() {
    let (cells, sets) = (demo_data().join("cells.h5ad"), demo_data().join("GO_Biological_Process.gmt.gz"));
    let work = TempDir::new().unwrap();
    let out = work.path().join("out");
    for (option, value) in [
        ("--prototypes", "4294967295"),
        ("--counterfactuals", "1000000000"),
        ("--permutations", "4294967295"),
        ("--concepts", "2000000000"),
        ("--active", "4000000000"),
        ("--epochs", "4294967295"),
        ("--held-out", "4294967295"),
        ("--typical", "3000000000"),
        ("--calibration", "3000000000"),
    ] {
        quickly(&[
            &"run",
            &"--cells",
            &cells,
            &"--model",
            &*MODEL,
            &"--gene-sets",
            &sets,
            &option,
            &value,
            &"--out",
            &out,
        ])
        .refused(&[option, value, "since"], &out);
    }
    let ranking = work.path().join("ranking.rnk");
    fs::write(&ranking, "A\t1\nB\t2\n").unwrap();
    for (option, value) in [
        ("--permutations", "4294967295"),
        ("--random-lists", "4294967295"),
        ("--curves", "18446744073709551615"),
        ("--threads", "18446744073709551615"),
        ("--sample-size", "18446744073709551615"),
    ] {
        quickly(&[&"enrich", &"--ranking", &ranking, &"--gene-sets", &sets, &option, &value, &"--out", &out])
            .refused(&[option, value], &out);
    }
    for option in ["--cells", "--genes", "--programs", "--children", "--rare", "--donors", "--batches"] {
        quickly(&[&"simulate", &option, &"18446744073709551615", &"--out", &out])
            .refused(&["18446744073709551615", "at most"], &out);
    }
    for option in ["--size", "--concepts", "--active", "--batch", "--dead", "--steps", "--threads"] {
        quickly(&[&"sae", &"bench", &option, &"18446744073709551615"])
            .refused(&["18446744073709551615"], &out);
    }
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_not_read() {
    let work = TempDir::new().unwrap();
    let (out, pipe) = (work.path().join("out"), work.path().join("pipe"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (cells, sets) = (demo_data().join("cells.h5ad"), demo_data().join("GO_Biological_Process.gmt.gz"));
    let words = ["only regular files"];
    for odd in [pipe.as_path(), Path::new("/dev/zero")] {
        quickly(&[&"embed", &"--model", &*MODEL, &"--cells", &odd, &"--out", &out]).refused(&words, &out);
        quickly(&[&"embed", &"--model", &*MODEL, &"--cells", &cells, &"--gene-info", &odd, &"--out", &out])
            .refused(&words, &out);
        quickly(&[&"run", &"--cells", &cells, &"--model", &*MODEL, &"--gene-sets", &odd, &"--out", &out])
            .refused(&words, &out);
        quickly(&[&"run", &"--config", &odd]).refused(&words, &out);
        quickly(&[&"enrich", &"--ranking", &odd, &"--gene-sets", &sets, &"--out", &out])
            .refused(&words, &out);
        quickly(&[&"sae", &"train", &"--embeddings", &odd, &"--concepts", &"8", &"--out", &out])
            .refused(&words, &out);
        let folder = work.path().join("checkpoint");
        fs::create_dir_all(&folder).unwrap();
        let _ = fs::remove_file(folder.join("model.pt"));
        std::os::unix::fs::symlink(odd, folder.join("model.pt")).unwrap();
        quickly(&[&"import", &"scvi", &folder, &"--out", &out]).refused(&words, &out);
        quickly(&[&"import", &"onnx", &odd, &"--card", &odd, &"--out", &out]).refused(&words, &out);
        quickly(&[&"verify", &odd]).refused_keeping(&[]);
        quickly(&[&"de", &"--cells", &cells, &"--group-cells", &odd, &"--out", &out]).refused(&words, &out);
        quickly(&[&"cell-cycle", &"--cells", &cells, &"--genes", &odd, &"--s-genes", &"1", &"--out", &out])
            .refused(&words, &out);
        quickly(&[&"classify", &"--features", &odd, &"--labels", &odd, &"--out", &out]).refused(&words, &out);
        quickly(&[&"enrich", &"--rankings", &odd, &"--gene-sets", &sets, &"--out", &out])
            .refused(&words, &out);
        quickly(&[&"simulate", &"--gene-names", &odd, &"--out", &out]).refused(&words, &out);
        quickly(&[&"sae", &"import", &odd, &"--active", &"3", &"--out", &out]).refused(&words, &out);
        quickly(&[&"shard", &"run", &odd]).refused_keeping(&words);
    }
}

#[test]
fn a_concept_is_not_steered_out_of_sight() {
    let work = TempDir::new().unwrap();
    let (embeddings, sae, out) =
        (work.path().join("e.safetensors"), work.path().join("sae"), work.path().join("table.tsv"));
    let cells = demo_data().join("cells.h5ad");
    cellprism(&[&"embed", &"--model", &*MODEL, &"--cells", &cells, &"--out", &embeddings]).succeeded();
    cellprism(&[
        &"sae",
        &"train",
        &"--embeddings",
        &embeddings,
        &"--concepts",
        &"8",
        &"--epochs",
        &"5",
        &"--out",
        &sae,
    ])
    .succeeded();
    let steer = |value: &str| {
        quickly(&[
            &"steer",
            &"--model",
            &*MODEL,
            &"--sae",
            &sae,
            &"--cells",
            &cells,
            &"--concept",
            &"0",
            &"--to",
            &value,
            &"--cells-like",
            &"all",
            &"--out",
            &out,
        ])
    };
    for far in ["3e38", "1000001", "inf", "NaN"] {
        steer(far).refused(&["--to"], &out);
    }
    steer("1").succeeded();
}
