//! `cellprism sae train` as a user meets it: killed and started again, and refusing what nothing can be learned from.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use cellprism_tests::{Outcome, cellprism, program};
use safetensors::{Dtype, tensor::TensorView};
use tempfile::TempDir;

/// Numbers from −1 to 1 by a fixed rule.
fn noise(i: usize) -> f32 {
    let mixed = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f32 / (1 << 23) as f32 - 1.0
}

fn embeddings(path: &Path, n: usize, d: usize, value: impl Fn(usize, usize) -> f32) -> PathBuf {
    let bytes: Vec<u8> = (0..n * d).flat_map(|i| value(i / d.max(1), i % d.max(1)).to_le_bytes()).collect();
    let view = TensorView::new(Dtype::F32, vec![n, d], &bytes).unwrap();
    fs::write(path, safetensors::serialize([("embeddings", view)], None).unwrap()).unwrap();
    path.to_owned()
}

fn words(embeddings: &Path, out: &Path, more: &str) -> Vec<String> {
    let mut words: Vec<String> = ["sae", "train", "--embeddings"].map(str::to_owned).into();
    words.extend([embeddings.display().to_string(), "--out".into(), out.display().to_string()]);
    words.extend(more.split_whitespace().map(str::to_owned));
    words
}

fn train(embeddings: &Path, out: &Path, more: &str) -> Outcome {
    let words = words(embeddings, out, more);
    cellprism(&words.iter().map(|word| word as &dyn AsRef<std::ffi::OsStr>).collect::<Vec<_>>())
}

/// Three kills, each after a further checkpoint was written; then the weights and the epochs of an uninterrupted run.
#[test]
fn killed_runs_end_with_the_same_bytes() {
    let folder = TempDir::new().unwrap();
    let x = embeddings(&folder.path().join("x.safetensors"), 4000, 30, |i, j| {
        noise(i * 3 % 500) * noise(j + 900 * (i % 60)) + 0.1 * noise(i * 30 + j)
    });
    let options = "--concepts 300 --active 6 --epochs 60 --seed 5 --checkpoint-every 1 --test-fraction 0.1 --resample 7 --schedule cosine --threads 1";
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    train(&x, &whole, options).succeeded();
    let checkpoint = folder.path().join("broken.partial/checkpoint.safetensors");
    let age = || fs::metadata(&checkpoint).and_then(|file| file.modified()).ok();
    for kill in 0..3 {
        let before = age();
        let mut child = Command::new(program())
            .args(words(&x, &broken, options))
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while age() == before && began.elapsed() < Duration::from_secs(60) {
            sleep(Duration::from_millis(1));
        }
        sleep(Duration::from_millis(3 * (kill + 1)));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(checkpoint.exists(), "killed with a checkpoint, before the end");
        assert!(!broken.exists(), "nothing under the final name yet");
    }
    let last = train(&x, &broken, options).succeeded();
    assert!(last.stderr.contains("going on after epoch"), "{}", last.stderr);
    for file in ["sae_weights.safetensors", "cfg.json"] {
        assert!(fs::read(whole.join(file)).unwrap() == fs::read(broken.join(file)).unwrap(), "{file}");
    }
    let epochs = |folder: &Path| -> Vec<(u64, f64)> {
        let text = fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines.map(|line| (line["epoch"].as_u64().unwrap(), line["loss"].as_f64().unwrap())).collect()
    };
    assert_eq!(epochs(&whole), epochs(&broken));
    assert_eq!(epochs(&whole).len(), 60);
    assert!(!checkpoint.exists(), "the work folder is gone");
    train(&x, &whole, options).refused_keeping(&["exists already"]);
    let other = options.replace("--seed 5", "--seed 6");
    train(&x, &whole, &other).refused_keeping(&["exists already", "seed: 5, now 6", "--overwrite"]);
}

#[test]
fn what_nothing_can_be_learned_from() {
    let folder = TempDir::new().unwrap();
    let x = folder.path().join("x.safetensors");
    let out = folder.path().join("sae");
    let refuse = |n: usize, d: usize, value: &dyn Fn(usize, usize) -> f32, options: &str, said: &[&str]| {
        embeddings(&x, n, d, value);
        train(&x, &out, options).refused(said, &out);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "only the embeddings are there: {options}"
        );
    };
    let fine = |i: usize, j: usize| noise(i * 8 + j);
    let some = "--concepts 16 --active 2 --epochs 2";
    refuse(0, 8, &fine, some, &["x.safetensors", "0 cells"]);
    refuse(9, 0, &fine, some, &["size 0"]);
    refuse(50, 8, &|_, _| 0.25, some, &["all 50 training cells are equal"]);
    refuse(50, 8, &|i, j| if (i, j) == (7, 3) { f32::NAN } else { fine(i, j) }, some, &["row 7, column 3"]);
    refuse(50, 8, &|i, _| if i == 49 { f32::INFINITY } else { 0.5 }, some, &["row 49, column 0"]);
    refuse(50, 8, &fine, "--concepts 4 --active 9", &["9 active", "4 concepts"]);
    refuse(50, 8, &fine, "--concepts 4 --active 0", &["active"]);
    if cfg!(target_os = "linux") {
        // 170 GB.
        refuse(50, 2000, &fine, "--concepts 1000000 --active 8 --epochs 1", &["memory"]);
    }
    refuse(50, 8, &fine, &format!("{some} --learning-rate nan"), &["learning-rate"]);
    refuse(50, 8, &fine, &format!("{some} --checkpoint-every 0"), &["checkpoint-every"]);
    refuse(50, 8, &fine, &format!("{some} --test-fraction 1"), &["test-fraction"]);
    refuse(50, 8, &fine, &format!("{some} --engine native --device cuda"), &["onnx"]);
    let huge = |i: usize, j: usize| fine(i, j) * 1e30;
    refuse(50, 8, &huge, &format!("{some} --learning-rate 1"), &["diverged", "smaller learning rate"]);
}

#[test]
fn embeddings_of_another_size() {
    let folder = TempDir::new().unwrap();
    let (a, b) = (folder.path().join("a.safetensors"), folder.path().join("b.safetensors"));
    embeddings(&a, 60, 8, |i, j| noise(i * 8 + j));
    embeddings(&b, 60, 9, |i, j| noise(i * 9 + j));
    let (sae, codes) = (folder.path().join("sae"), folder.path().join("codes.safetensors"));
    train(&a, &sae, "--concepts 16 --active 2 --epochs 2").succeeded();
    cellprism(&[&"sae", &"encode", &"--sae", &sae, &"--embeddings", &b, &"--out", &codes])
        .refused(&["size 9", "8"], &codes);
    cellprism(&[&"sae", &"evaluate", &"--sae", &sae, &"--embeddings", &b]).refused(&["size 9", "8"], &codes);
}

/// The files say what the dictionary is mixed of; a killed run ends with the same ones.
#[test]
fn archetypal_rows_are_mixtures_of_cells() {
    let folder = TempDir::new().unwrap();
    let x = embeddings(&folder.path().join("x.safetensors"), 2000, 20, |i, j| {
        3.0 + noise(j + 900 * (i % 40)) + 0.5 * noise(j + 900 * (i * 7 % 40)) + 0.05 * noise(i * 20 + j)
    });
    let options = "--concepts 64 --active 3 --epochs 40 --learning-rate 1e-3 --batch 250 --archetypal 50 --relaxation 0.25 --checkpoint-every 1";
    let out = folder.path().join("sae");
    let said = train(&x, &out, &format!("{options} --threads 1 --json")).succeeded();
    let metrics: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert!(metrics["r2"].as_f64().unwrap() > 0.6, "{metrics}");

    let file = |folder: &Path, name: &str| fs::read(folder.join(name)).unwrap();
    let (archetypes, weights, data) =
        (file(&out, "archetypes.safetensors"), file(&out, "sae_weights.safetensors"), fs::read(&x).unwrap());
    let floats = |bytes: &[u8], name: &str| -> Vec<f64> {
        let file = safetensors::SafeTensors::deserialize(bytes).unwrap();
        let data = file.tensor(name).unwrap().data().to_vec();
        data.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect()
    };
    let (mixture, offset) = (floats(&archetypes, "mixture"), floats(&archetypes, "offset"));
    let (centre, dictionary) = (floats(&archetypes, "centre"), floats(&weights, "W_dec"));
    let cells = floats(&data, "embeddings");
    let anchors: Vec<usize> = safetensors::SafeTensors::deserialize(&archetypes)
        .unwrap()
        .tensor("anchors")
        .unwrap()
        .data()
        .chunks_exact(8)
        .map(|b| usize::try_from(i64::from_le_bytes(b.try_into().unwrap())).unwrap())
        .collect();
    assert_eq!((anchors.len(), mixture.len(), dictionary.len()), (50, 64 * 50, 64 * 20));
    for (j, shares) in mixture.chunks(50).enumerate() {
        assert!(shares.iter().all(|share| *share >= 0.0));
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-5);
        let mut off = 0.0;
        for i in 0..20 {
            let point = |a: &usize| cells[a * 20 + i] - centre[i];
            let mixed: f64 = shares.iter().zip(&anchors).map(|(share, a)| share * point(a)).sum();
            off += (dictionary[j * 20 + i] - mixed).powi(2);
            assert!((dictionary[j * 20 + i] - mixed - offset[j * 20 + i]).abs() < 1e-5);
        }
        assert!(off.sqrt() <= 0.25 + 1e-4, "row {j} lies {} off", off.sqrt());
    }

    let broken = folder.path().join("broken");
    let checkpoint = folder.path().join("broken.partial/checkpoint.safetensors");
    let mut child = Command::new(program())
        .args(words(&x, &broken, &format!("{options} --threads 2")))
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while !checkpoint.exists() && began.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let last = train(&x, &broken, &format!("{options} --threads 2")).succeeded();
    assert!(last.stderr.contains("going on after epoch"), "{}", last.stderr);
    for name in ["sae_weights.safetensors", "cfg.json", "archetypes.safetensors"] {
        assert!(file(&out, name) == file(&broken, name), "{name}");
    }
}

#[test]
fn archetypal_arguments_that_make_no_sense() {
    let folder = TempDir::new().unwrap();
    let x = embeddings(&folder.path().join("x.safetensors"), 50, 8, |i, j| noise((i % 30) * 8 + j));
    let out = folder.path().join("sae");
    let refuse = |more: &str, said: &[&str]| {
        train(&x, &out, &format!("--concepts 16 --active 2 --epochs 2 {more}")).refused(said, &out);
    };
    refuse("--archetypal 20 --engine onnx", &["archetypal", "native"]);
    refuse("--archetypal 1", &["archetypal", "1 is not from 2"]);
    refuse("--archetypal 51", &["archetypal", "50 cells"]);
    refuse("--archetypal 31", &["only 30 of the embeddings differ"]);
    refuse("--archetypal 20 --relaxation -1", &["relaxation"]);
    refuse("--archetypal 20 --relaxation nan", &["relaxation"]);
    refuse("--relaxation 1", &["--archetypal"]);
    refuse("--archetypal 20 --resample 1", &["resample"]);
}
