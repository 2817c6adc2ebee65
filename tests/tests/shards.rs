//! A run past one machine: cut into tasks, done by processes of their own, put together to the bundle of `run`.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use cellprism_core::ids::ConceptId;
use cellprism_gpu_backend::files::h5ad;
use cellprism_tests::{
    Bundle, Outcome, assert_same, cellprism, contents, demo_data, killed_after, program, timed, together,
};
use serde_json::{Value, json};
use tempfile::TempDir;

const OPTIONS: &str = "--neurons --active 3 --epochs 8 --permutations 50 --prototypes 3 --counterfactuals 2 \
                       --calibration 2 --quiet";

struct Setting {
    folder: TempDir,
    cells: PathBuf,
}

impl Setting {
    fn new(cells: impl FnOnce(&Path) -> PathBuf) -> Self {
        let folder = TempDir::new().unwrap();
        let model = folder.path().join("model");
        cellprism(&[&"import", &"scvi", &demo_data().join("scvi"), &"--out", &model]).succeeded();
        let cells = cells(folder.path());
        Self { folder, cells }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `run` or `shard plan`, with the same options.
    fn command(&self, words: &[&str], out: &Path, more: &str) -> Command {
        let mut command = Command::new(program());
        command.args(words).arg("--cells").arg(&self.cells).arg("--model").arg(self.at("model"));
        command.arg("--gene-sets").arg(demo_data().join("GO_Biological_Process.gmt.gz"));
        command.arg("--out").arg(out).args(OPTIONS.split(' '));
        command.args(more.split(' ').filter(|word| !word.is_empty()));
        command
    }

    /// The bundle of one machine.
    fn whole(&self, more: &str) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
        let whole = self.at("whole");
        timed(&mut self.command(&["run"], &whole, more));
        contents(&whole)
    }

    fn plan(&self, more: &str) -> Plan {
        let out = self.at("bundle");
        timed(&mut self.command(&["shard", "plan"], &out, more));
        let folder = self.at("bundle.shards");
        Plan { file: folder.join("plan.json"), folder, out }
    }
}

struct Plan {
    file: PathBuf,
    folder: PathBuf,
    out: PathBuf,
}

impl Plan {
    fn read(&self) -> Value {
        serde_json::from_slice(&fs::read(&self.file).unwrap()).unwrap()
    }

    /// Names of the tasks, the last one left out.
    fn tasks(&self) -> Vec<String> {
        let plan = self.read();
        let names = plan["tasks"].as_array().unwrap().iter().map(|task| task["id"].as_str().unwrap().into());
        names.filter(|name| name != "merge").collect()
    }

    fn result(&self, task: &str) -> PathBuf {
        let plan = self.read();
        let task = plan["tasks"].as_array().unwrap().iter().find(|other| other["id"] == task).unwrap();
        self.folder.join(task["result"].as_str().unwrap())
    }

    fn task(&self, task: &str) -> Command {
        let mut command = Command::new(program());
        command.args(["shard", "run"]).arg(&self.file).args(["--task", task]);
        command
    }

    fn run(&self, task: &str) -> Outcome {
        cellprism(&[&"shard", &"run", &self.file, &"--task", &task])
    }

    fn merge(&self) -> Outcome {
        // the folder says as much as the file
        cellprism(&[&"shard", &"merge", &self.folder])
    }

    /// Sets a value in the plan.
    fn edit(&self, path: &str, value: &Value) -> Vec<u8> {
        let before = fs::read(&self.file).unwrap();
        let mut plan = self.read();
        *plan.pointer_mut(path).unwrap() = value.clone();
        fs::write(&self.file, plan.to_string()).unwrap();
        before
    }
}

#[test]
fn tasks_in_any_process_make_the_bundle_of_one_machine() {
    let setting = Setting::new(|_| demo_data().join("cells.h5ad"));
    let whole = setting.whole("");
    let plan = setting.plan("--shards 3 --cores 2");

    let tasks = plan.tasks();
    let cut = |stage: &str| tasks.iter().filter(|task| task.starts_with(stage)).count();
    assert_eq!([cut("describe-"), cut("neurons-"), cut("train"), cut("read-")], [3, 3, 1, 1], "{tasks:?}");
    let takes = &plan.read()["tasks"][0];
    assert!(takes["seconds"].as_u64() > Some(0) && takes["memory_mb"].as_u64() > Some(0), "{takes}");
    assert_eq!(takes["gpus"], 0);

    // What is not there yet is asked for by its name.
    plan.run("train").refused_keeping(&["embed-1-of-3 is not done", "--task embed-1-of-3"]);
    plan.merge().refused_keeping(&["merge cannot be done", "train is not done"]);
    plan.run("trian").refused_keeping(&["no task \"trian\"", "train"]);

    for task in tasks.iter().filter(|task| !task.starts_with("describe-")) {
        if task == "train" {
            killed_and_twice(&plan, task);
            continue;
        }
        plan.run(task).succeeded();
    }
    // Two machines, then the third share; and one that is done is left as it is.
    let [one, two] = ["describe-1-of-3", "describe-2-of-3"];
    let ended = together(&mut plan.task(one), &mut plan.task(two));
    assert!(ended.iter().all(|(code, _)| *code == Some(0)), "{ended:?}");
    plan.run("describe-3-of-3").succeeded();
    let list = plan.result(one).join("result.json");
    let before = fs::metadata(&list).unwrap().modified().unwrap();
    let again = plan.run(one).succeeded();
    assert!(again.stderr.contains("was done already"), "{}", again.stderr);
    assert_eq!(fs::metadata(&list).unwrap().modified().unwrap(), before);

    damaged(&plan);
    refused(&setting, &plan);

    // What a task that is killed leaves in the moment in which its work folder is made.
    for name in [".aB3dE6.partial", ".f6Gh1j.partial"] {
        fs::create_dir_all(plan.folder.join("results").join(name)).unwrap();
    }
    fs::write(plan.folder.join("results/.aB3dE6.partial/lock"), "").unwrap();

    plan.merge().succeeded();
    assert_same(&whole, &plan.out, "after three shards");
    cellprism(&[&"verify", &plan.out]).succeeded();
    assert!(plan.merge().succeeded().stderr.contains("is up to date"));
    // What describing took is what the tasks took, not what merging took.
    let seconds = |task: &str| {
        let result = fs::read(plan.result(task).join("result.json")).unwrap();
        serde_json::from_slice::<Value>(&result).unwrap()["seconds"].as_f64().unwrap()
    };
    let described = Bundle(plan.out.clone()).manifest().stages[2].seconds;
    assert!(described > seconds(one) + seconds(two), "{described}");
    let left: Vec<_> = fs::read_dir(plan.folder.join("results")).unwrap().flatten().collect();
    assert_eq!(left.len(), tasks.len(), "nothing but results: {left:?}");
}

/// A task that is killed goes on; two that do the same one at once both end well, and leave one result.
fn killed_and_twice(plan: &Plan, task: &str) {
    for time in [60, 120, 240] {
        killed_after(&mut plan.task(task), Duration::from_millis(time));
    }
    let ended = together(&mut plan.task(task), &mut plan.task(task));
    assert!(ended.iter().all(|(code, _)| *code == Some(0)), "{ended:?}");
    assert!(plan.result(task).join("result.json").is_file());
}

/// A damaged result is named, refused by whoever needs it, and made again by its own task.
fn damaged(plan: &Plan) {
    let folder = plan.result("describe-2-of-3");
    let file = fs::read_dir(folder.join("bundle/concepts")).unwrap().flatten().next().unwrap().path();
    let good = fs::read(&file).unwrap();
    let mut bad = good.clone();
    bad[good.len() / 2] ^= 1;
    fs::write(&file, bad).unwrap();
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    plan.merge().refused_keeping(&["describe-2-of-3 is damaged", &name, "--task describe-2-of-3"]);
    assert!(!plan.out.exists());
    let made = plan.run("describe-2-of-3").succeeded();
    assert!(made.stderr.contains(&name) && made.stderr.contains("made again"), "{}", made.stderr);
    assert_eq!(fs::read(&file).unwrap(), good);

    // A result that is gone is missing; made again it is the same, and nothing that was made of it is made again.
    fs::remove_dir_all(plan.result("train")).unwrap();
    plan.merge().refused_keeping(&["train is not done"]);
    plan.run("train").succeeded();
    let fits = plan.run("activate-1-of-1").succeeded();
    assert!(fits.stderr.contains("was done already"), "{}", fits.stderr);

    // One that was made of other embeddings is told from one that fits.
    let list = plan.result("calibrate").join("result.json");
    let good = fs::read(&list).unwrap();
    let mut other: Value = serde_json::from_slice(&good).unwrap();
    other["needs"]["train"] = json!("of another day");
    fs::write(&list, other.to_string()).unwrap();
    plan.merge().refused_keeping(&["calibrate was made of another train"]);
    fs::write(&list, good).unwrap();
}

/// Another program, cells, model or options than the plan was made for.
fn refused(setting: &Setting, plan: &Plan) {
    let task = "describe-1-of-3";
    let good = plan.edit("/program/sha256", &json!("0".repeat(64)));
    plan.run(task).refused_keeping(&["another program", "plan again"]);
    fs::write(&plan.file, &good).unwrap();
    plan.edit("/job/parameters/sae/seed", &json!(7));
    plan.run(task).refused_keeping(&["other inputs", "sae.seed: 0, now 7"]);
    plan.merge().refused_keeping(&["other inputs", "sae.seed"]);
    fs::write(&plan.file, &good).unwrap();
    let others = setting.at("other");
    fs::create_dir(&others).unwrap();
    write_cells(&others.join("cells.h5ad"), 690);
    plan.edit("/job/cells", &json!(others.join("cells.h5ad")));
    plan.run(task).refused_keeping(&["other inputs", "input 0 (cells, cells.h5ad)"]);
    plan.edit("/version", &json!(99));
    plan.run(task).refused_keeping(&["plan of version 99"]);
    plan.edit("/schema", &json!("a shopping list"));
    plan.run(task).refused_keeping(&["no plan"]);
    fs::write(&plan.file, &good).unwrap();
    for (path, value, said) in [
        ("/tasks/0/result", json!("../../elsewhere"), "lies outside"),
        ("/tasks/0/result", json!("/elsewhere"), "lies outside"),
        ("/tasks/0/needs", json!(["train"]), "does not come before it"),
        ("/tasks/1/id", json!("read-1-of-1"), "two tasks"),
    ] {
        plan.edit(path, &value);
        plan.run(task).refused_keeping(&[said]);
        fs::write(&plan.file, &good).unwrap();
    }
    let weights = setting.at("model/encoder.safetensors");
    let good = fs::read(&weights).unwrap();
    let mut other = good.clone();
    *other.last_mut().unwrap() ^= 1;
    fs::write(&weights, other).unwrap();
    plan.run(task).refused_keeping(&["other inputs", "model/encoder.safetensors"]);
    fs::write(&weights, good).unwrap();
}

/// Snakemake on this machine, Snakemake through a Slurm of one node, and HyperQueue with two workers, where they are installed.
#[test]
fn every_engine_makes_the_bundle_of_one_machine() {
    if std::env::var_os("CELLPRISM_LONG").is_none_or(|value| value != "1") {
        println!("skipped: Snakemake, Slurm and HyperQueue (CELLPRISM_LONG=1 tries them)");
        return;
    }
    let is_there = |program: &str, words: &[&str]| {
        Command::new(program).args(words).output().is_ok_and(|output| output.status.success())
    };
    let snakemake = is_there("snakemake", &["--version"]);
    let ways = [
        ("local", snakemake),
        ("slurm", snakemake && is_there("slurmctld", &["-V"]) && is_there("munged", &["-V"])),
        ("hyperqueue", is_there("python3", &["-c", "import hyperqueue"])),
    ];
    for (way, there) in ways {
        if !there {
            println!("skipped: {way} (not installed)");
            continue;
        }
        let workflow = Path::new(env!("CARGO_MANIFEST_DIR")).join("../workflow/try");
        let tried = Command::new(workflow).arg(program()).arg(demo_data()).arg(way).output().unwrap();
        assert!(tried.status.success(), "{way}\n{}", String::from_utf8_lossy(&tried.stderr));
    }
}

/// So many cells: those of the demo again and again, each with some of its counts one higher.
fn write_cells(to: &Path, n: usize) {
    let mut cells = h5ad::read(&demo_data().join("cells.h5ad"), &h5ad::Options::default()).unwrap();
    let from: Vec<usize> = (0..n).map(|cell| cell % cells.counts.rows).collect();
    cells.counts = cells.counts.select_rows(&from);
    for cell in 0..n {
        let row = cells.counts.indptr[cell] as usize..cells.counts.indptr[cell + 1] as usize;
        for (place, value) in cells.counts.values[row].iter_mut().enumerate() {
            *value += f32::from((cell * 31 + place * 17).is_multiple_of(97));
        }
    }
    cells.names = (0..n).map(|cell| format!("cell {cell}")).collect();
    for column in &mut cells.columns {
        column.codes = from.iter().map(|&cell| column.codes[cell]).collect();
    }
    // A map has to be made, too.
    cells.umap = None;
    fs::write(to, h5ad::to_bytes(&cells, &h5ad::Extras::default()).unwrap()).unwrap();
}

/// More cells than one part holds: every stage is really cut.
#[test]
fn cells_of_several_parts_are_shared() {
    let setting = Setting::new(|folder| {
        let cells = folder.join("many.h5ad");
        write_cells(&cells, 9_000);
        cells
    });
    let more = "--concepts 40 --describe 7 --reading paper";
    let whole = setting.whole(more);
    let plan = setting.plan(&format!("{more} --shards 2"));
    let tasks = plan.tasks();
    for task in ["read-2-of-2", "embed-2-of-2", "activate-2-of-2", "neurons-2-of-2"] {
        assert!(tasks.iter().any(|name| name == task), "{task} of {tasks:?}");
        assert!(!plan.result(task).exists());
    }
    // The second share before the first.
    plan.run("read-2-of-2").succeeded();
    cellprism(&[&"shard", &"run", &plan.file]).succeeded();
    assert!(tasks.contains(&"map".into()) && !tasks.contains(&"calibrate".into()), "{tasks:?}");
    for (task, folder) in [("read-2-of-2", "counts"), ("embed-1-of-2", "parts"), ("activate-1-of-2", "codes")]
    {
        let files = fs::read_dir(plan.result(task).join(folder)).unwrap().count();
        assert!(files > 0, "{task} has left nothing");
    }
    plan.merge().succeeded();
    assert_same(&whole, &plan.out, "after shares of many cells");
    assert!(Bundle(plan.out).concept(ConceptId(0)).cells < 9_000);
}
