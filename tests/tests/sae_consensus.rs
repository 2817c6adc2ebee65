//! `cellprism sae consensus` as a user meets it: concepts that come back, another rule without new training, refusals.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use cellprism_core::sae::SaeWeights;
use cellprism_tests::{Outcome, cellprism, files_of};
use safetensors::{Dtype, tensor::TensorView};
use serde_json::Value;
use tempfile::TempDir;

/// Numbers from −1 to 1 by a fixed rule.
fn noise(i: usize) -> f32 {
    let mixed = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f32 / (1 << 23) as f32 - 1.0
}

/// Cells of 24 numbers: two of 16 directions each, and little noise.
fn planted(path: &Path, n: usize) -> PathBuf {
    let value = |cell: usize, j: usize| {
        let (a, b) = (cell % 16, (cell * 7 + cell / 16) % 16);
        let part = |direction: usize, amount: f32| amount * noise(1_000_000 + direction * 24 + j);
        part(a, 1.0 + 0.5 * noise(cell)) + part(b, 0.7) + 0.05 * noise(50_000 + cell * 24 + j)
    };
    let bytes: Vec<u8> = (0..n * 24).flat_map(|i| value(i / 24, i % 24).to_le_bytes()).collect();
    let view = TensorView::new(Dtype::F32, vec![n, 24], &bytes).unwrap();
    fs::write(path, safetensors::serialize([("embeddings", view)], None).unwrap()).unwrap();
    path.to_owned()
}

fn consensus(embeddings: &Path, out: &Path, more: &str) -> Outcome {
    let mut words: Vec<&dyn AsRef<OsStr>> =
        vec![&"sae", &"consensus", &"--embeddings", &embeddings, &"--out", &out];
    let more: Vec<&str> = more.split_whitespace().collect();
    words.extend(more.iter().map(|word| word as &dyn AsRef<OsStr>));
    cellprism(&words)
}

fn read(folder: &Path) -> SaeWeights {
    let file = |name: &str| fs::read(folder.join(name)).unwrap();
    SaeWeights::from_safetensors(&file("cfg.json"), &file("sae_weights.safetensors")).unwrap()
}

const SIZE: &str = "--concepts 32 --active 2 --epochs 60 --batch 100 --learning-rate 2e-3";

#[test]
fn concepts_that_come_back_are_kept() {
    let folder = TempDir::new().unwrap();
    let x = planted(&folder.path().join("x.safetensors"), 1200);
    let out = folder.path().join("consensus");
    let rule = |more: &str| format!("{SIZE} --seeds 4,1,2 {more}");
    let said = consensus(&x, &out, &rule("--at-least 3 --cosine 0.9 --threads 1")).succeeded();
    assert!(said.stdout.contains("| 3 of 3 |"), "{}", said.stdout);

    let report: Value = serde_json::from_slice(&fs::read(out.join("consensus.json")).unwrap()).unwrap();
    let rows = report["recurrence"].as_array().unwrap();
    let (first, few) = (read(&out.join("seed-4")), read(&out.join("sae")));
    // Those that are alive, no others.
    let alive: Vec<u64> = first.alive().unwrap().iter().map(|id| u64::from(id.0)).collect();
    assert!(alive.len() < 32, "32 concepts are more than 16 directions need");
    assert_eq!(rows.iter().map(|row| row["concept"].as_u64().unwrap()).collect::<Vec<_>>(), alive);
    assert_eq!(report["seeds"], serde_json::json!([4, 1, 2]));
    let row_of = |j: usize| rows.iter().find(|row| row["concept"] == j).unwrap();
    let kept: Vec<usize> = alive.iter().map(|&id| id as usize).filter(|&j| row_of(j)["found"] == 3).collect();
    assert!(kept.len() >= 10, "most of the 16 planted directions come back: {}", kept.len());
    assert_eq!((few.config.k, few.config.d_sae), (2, kept.len()));
    for (row, &j) in kept.iter().enumerate() {
        assert_eq!(few.w_dec.row(row), first.w_dec.row(j));
        assert_eq!(few.w_enc.column(row), first.w_enc.column(j));
        // The printed cosines are those of the files.
        for (place, seed) in [1, 2].into_iter().enumerate() {
            let partner = &row_of(j)["partners"][place];
            let other = read(&out.join(format!("seed-{seed}")));
            let there = other.w_dec.row(partner[0].as_u64().unwrap() as usize).to_owned();
            let here = first.w_dec.row(j);
            let cosine = here.dot(&there) / (here.dot(&here) * there.dot(&there)).sqrt();
            assert!((f64::from(cosine) - partner[1].as_f64().unwrap()).abs() < 1e-5);
            assert!(cosine >= 0.9 - 1e-5);
        }
    }
    cellprism(&[&"sae", &"evaluate", &"--sae", &out.join("sae"), &"--embeddings", &x]).succeeded();

    // Another rule: the seeds stay as they are; fewer seeds asked for, no fewer concepts.
    let seeds =
        || files_of(&out).into_iter().filter(|(path, _)| path.starts_with("seed-4")).collect::<Vec<_>>();
    let before = (seeds(), fs::metadata(out.join("seed-4/cfg.json")).unwrap().modified().unwrap());
    let said = consensus(&x, &out, &rule("--at-least 2 --cosine 0.9 --json")).succeeded();
    let again: Value = serde_json::from_str(&said.stdout).unwrap();
    assert!(again["kept"].as_u64().unwrap() as usize >= kept.len());
    assert_eq!(before, (seeds(), fs::metadata(out.join("seed-4/cfg.json")).unwrap().modified().unwrap()));

    // By default, what random directions reach.
    let said = consensus(&x, &out, &rule("--at-least 2 --json")).succeeded();
    let again: Value = serde_json::from_str(&said.stdout).unwrap();
    let points: Vec<f64> =
        again["null"].as_array().unwrap().iter().map(|n| n["p95"].as_f64().unwrap()).collect();
    assert_eq!((points.len(), again["null"][0]["shape"].as_str()), (2, Some("covariance")));
    assert_eq!(again["cosine"].as_f64().unwrap(), points.iter().copied().fold(0.0, f64::max));
    assert!((0.4..0.9).contains(&points[0]), "{points:?}");
    consensus(&x, &out, &rule("--at-least 2 --cosine 0.9 --json")).succeeded();

    // Any number of threads: the same bytes, without the timings.
    let other = folder.path().join("other");
    consensus(&x, &other, &rule("--at-least 2 --cosine 0.9 --threads 2")).succeeded();
    for file in ["consensus.json", "sae/sae_weights.safetensors", "seed-2/sae_weights.safetensors"] {
        assert!(fs::read(out.join(file)).unwrap() == fs::read(other.join(file)).unwrap(), "{file}");
    }

    // Too strict a rule, or another training in the same folder.
    let before = files_of(&out);
    consensus(&x, &out, &rule("--at-least 3 --cosine 1"))
        .refused_keeping(&["fewer than the 2", "--at-least"]);
    consensus(&x, &out, &rule("--at-least 2 --batch 90").replace("--batch 100", ""))
        .refused_keeping(&["seed-4", "other options"]);
    assert_eq!(before, files_of(&out), "refusals change nothing");
}

#[test]
fn wrong_arguments() {
    let folder = TempDir::new().unwrap();
    let x = planted(&folder.path().join("x.safetensors"), 60);
    let out = folder.path().join("consensus");
    let refuse = |more: &str, said: &[&str]| {
        consensus(&x, &out, &format!("--concepts 8 --active 2 --epochs 1 {more}")).refused(said, &out);
    };
    refuse("--seeds 0", &["from 2 to"]);
    refuse("--seeds 0,1,0", &["a seed is given twice"]);
    refuse("--seeds 0,x", &["seeds"]);
    refuse("--seeds 0,1 --at-least 3", &["at-least", "2 seeds"]);
    refuse("--seeds 0,1 --at-least 0", &["at-least"]);
    refuse("--seeds 0,1 --at-least 2 --cosine 1.5", &["cosine"]);
    refuse("--seeds 0,1 --at-least 2 --cosine nan", &["cosine"]);
    refuse("--seeds 0,1 --at-least 2 --learning-rate 7", &["learning-rate"]);
    let same = "--concepts 8 --active 9 --epochs 1 --seeds 0,1 --at-least 2";
    consensus(&x, &out, same).refused(&["9 active"], &out);
    consensus(&folder.path().join("absent"), &out, same).refused(&["absent"], &out);
}
