//! Unfinished and finished work that does not belong to what is asked for: it is noticed, said, and never passed off.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use cellprism_tests::{Outcome, cellprism, demo_data, program};
use serde_json::{Value, json};
use tempfile::TempDir;

const OPTIONS: [&str; 7] = ["--concepts", "16", "--active", "3", "--epochs", "20", "--quiet"];

struct Setting {
    folder: TempDir,
    model: PathBuf,
}

impl Setting {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let model = folder.path().join("model");
        cellprism(&[&"import", &"scvi", &demo_data().join("scvi"), &"--out", &model]).succeeded();
        Self { folder, model }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, out: &Path, more: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.arg("run").arg("--cells").arg(demo_data().join("cells.h5ad")).arg("--model").arg(&self.model);
        command.arg("--out").arg(out).args(OPTIONS).args(more);
        command
    }

    fn run(&self, out: &Path, more: &[&str]) -> Outcome {
        let words: Vec<_> = self.command(out, more).get_args().map(ToOwned::to_owned).collect();
        cellprism(&words.iter().map(|word| word as &dyn AsRef<std::ffi::OsStr>).collect::<Vec<_>>())
    }

    /// Kills a run once its embeddings are kept.
    fn killed(&self, out: &Path) -> PathBuf {
        let mut partial = out.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let mut child = self.command(out, &[]).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let began = Instant::now();
        while !partial.join("embeddings.json").exists() && began.elapsed() < Duration::from_secs(120) {
            sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(partial.join("embeddings.json").exists() && !out.exists(), "killed before the end");
        partial
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Work of another device or another library's bits is not gone on with.
#[test]
fn unfinished_work_of_another_device_begins_anew() {
    let setting = Setting::new();
    let out = setting.at("bundle");
    let partial = setting.killed(&out);
    let marker = partial.join("cellprism-work.json");
    let mut found = read(&marker);
    assert_eq!((&found["key"]["device"], &found["key"]["engine"]), (&json!("cpu"), &json!("native")));
    found["key"]["device"] = json!("cuda:0");
    fs::write(&marker, found.to_string()).unwrap();
    let words = setting.command(&out, &[]).get_args().map(ToOwned::to_owned).collect::<Vec<_>>();
    let loud: Vec<&dyn AsRef<std::ffi::OsStr>> =
        words.iter().filter(|word| *word != "--quiet").map(|word| word as _).collect();
    let done = cellprism(&loud).succeeded();
    assert!(done.stderr.contains("begun anew (device: cuda:0, now cpu)"), "{}", done.stderr);
    assert!(!partial.exists());
}

/// A damaged stage is made again, and the bundle is the one of an undisturbed run.
#[test]
fn a_damaged_stage_is_made_again() {
    let setting = Setting::new();
    let (whole, out) = (setting.at("whole"), setting.at("bundle"));
    setting.run(&whole, &[]).succeeded();
    let partial = setting.killed(&out);
    let stage = partial.join("embeddings.safetensors");
    let mut damaged = fs::read(&stage).unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(&stage, damaged).unwrap();
    setting.run(&out, &[]).succeeded();
    let file = |bundle: &Path| fs::read(bundle.join("concepts/index.json")).unwrap();
    assert_eq!(file(&whole), file(&out));
}

#[test]
fn another_or_a_damaged_bundle_is_not_up_to_date() {
    let setting = Setting::new();
    let out = setting.at("bundle");
    setting.run(&out, &[]).succeeded();
    setting.run(&out, &[]).succeeded();
    setting.run(&out, &["--seed", "7"]).refused_keeping(&[
        "another bundle",
        "sae.seed: 0, now 7",
        "--overwrite",
    ]);

    let weights = setting.model.join("encoder.safetensors");
    let good = fs::read(&weights).unwrap();
    let mut other = good.clone();
    *other.last_mut().unwrap() ^= 1;
    fs::write(&weights, other).unwrap();
    setting.run(&out, &[]).refused_keeping(&["model/encoder.safetensors"]);
    fs::write(&weights, good).unwrap();

    let victim = out.join("concepts/0000.json");
    let cut = fs::read(&victim).unwrap().split_last().unwrap().1.to_vec();
    fs::write(&victim, cut).unwrap();
    setting.run(&out, &[]).refused_keeping(&["damaged", "concepts/0000.json"]);
    setting.run(&out, &["--overwrite"]).succeeded();
    cellprism(&[&"verify", &out]).succeeded();
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let setting = Setting::new();
    let theirs = setting.at("mine.partial");
    fs::create_dir(&theirs).unwrap();
    fs::write(theirs.join("thesis.txt"), "mine").unwrap();
    setting
        .run(&setting.at("mine"), &[])
        .refused_keeping(&["mine.partial", "no unfinished work of cellprism"]);
    assert!(theirs.join("thesis.txt").exists());
    #[cfg(unix)]
    {
        let link = setting.at("link");
        std::os::unix::fs::symlink(setting.at("elsewhere"), &link).unwrap();
        let cells = demo_data().join("cells.h5ad");
        cellprism(&[&"embed", &"--model", &setting.model, &"--cells", &cells, &"--out", &link])
            .refused_keeping(&["a link"]);
        assert!(link.is_symlink());
    }
}
