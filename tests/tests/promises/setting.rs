//! Small inputs for every command that writes.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use cellprism_core::bundle::Tensors;
pub use cellprism_tests::{assert_same, contents};
use cellprism_tests::{cellprism, demo_data, program};
use tempfile::TempDir;

/// A folder with a model, its embeddings, a dictionary, rankings and an app.
pub struct Setting {
    folder: TempDir,
}

/// A command that writes one output.
pub struct Task {
    /// What it is called.
    pub name: &'static str,
    words: Vec<OsString>,
}

impl Task {
    /// With this output.
    pub fn to(&self, out: &Path) -> Command {
        let mut command = Command::new(program());
        command.args(&self.words).arg("--quiet").arg("--out").arg(out);
        command
    }
}

impl Setting {
    /// Only a model.
    pub fn new() -> Self {
        let setting = Self { folder: TempDir::new().unwrap() };
        cellprism(&[&"import", &"scvi", &demo_data().join("scvi"), &"--out", &setting.at("model")])
            .succeeded();
        setting
    }

    /// All that the commands of [`Setting::tasks`] read.
    pub fn with_inputs() -> Self {
        let setting = Self::new();
        for task in [setting.embed(), setting.train(), setting.run(&[])] {
            assert!(task.to(&setting.at(task.name)).output().unwrap().status.success(), "{}", task.name);
        }
        fs::create_dir(setting.at("app")).unwrap();
        fs::write(setting.at("app/index.html"), "<script src=\"./start.js\"></script>").unwrap();
        fs::write(setting.at("app/start.js"), "1;".repeat(50_000)).unwrap();
        rankings(&setting.at("rankings"));
        setting
    }

    /// A path in the folder.
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn task(name: &'static str, words: &[&dyn AsRef<std::ffi::OsStr>]) -> Task {
        Task { name, words: words.iter().map(|word| word.as_ref().to_owned()).collect() }
    }

    /// The whole job, with neurons, gene sets and a ladder of sizes, all small.
    pub fn run(&self, more: &[&str]) -> Task {
        let data = demo_data();
        let (cells, sets) = (data.join("cells.h5ad"), data.join("GO_Biological_Process.gmt.gz"));
        let mut task = Self::task(
            "run",
            &[&"run", &"--cells", &cells, &"--model", &self.at("model"), &"--gene-sets", &sets, &"--neurons"],
        );
        let few =
            "--active 3 --epochs 8 --permutations 50 --prototypes 3 --counterfactuals 2 --calibration 2";
        task.words.extend(few.split(' ').chain(more.iter().copied()).map(OsString::from));
        task
    }

    /// `embed`.
    pub fn embed(&self) -> Task {
        let cells = demo_data().join("cells.h5ad");
        Self::task("embed", &[&"embed", &"--model", &self.at("model"), &"--cells", &cells])
    }

    /// `sae train`.
    pub fn train(&self) -> Task {
        let mut task = Self::task("train", &[&"sae", &"train", &"--embeddings", &self.at("embed")]);
        let few = "--concepts 40 --active 3 --epochs 60 --checkpoint-every 1";
        task.words.extend(few.split(' ').map(OsString::from));
        task
    }

    /// All commands that write an output.
    pub fn tasks(&self) -> Vec<Task> {
        let data = demo_data();
        let (cells, sets) = (data.join("cells.h5ad"), data.join("GO_Biological_Process.gmt.gz"));
        let (model, sae, embeddings) = (self.at("model"), self.at("train"), self.at("embed"));
        let ranking = self.at("ranking.rnk");
        let genes = fs::read_to_string(self.at("rankings.genes")).unwrap();
        let lines: Vec<String> =
            genes.lines().enumerate().map(|(i, gene)| format!("{gene}\t{}", -(i as f64))).collect();
        fs::write(&ranking, lines.join("\n")).unwrap();
        vec![
            self.run(&[]),
            self.embed(),
            self.train(),
            Self::task(
                "enrich --rankings",
                &[
                    &"enrich",
                    &"--rankings",
                    &self.at("rankings"),
                    &"--gene-sets",
                    &sets,
                    &"--min-size",
                    &"2",
                    &"--permutations",
                    &"200",
                ],
            ),
            Self::task(
                "enrich",
                &[
                    &"enrich",
                    &"--ranking",
                    &ranking,
                    &"--gene-sets",
                    &sets,
                    &"--min-size",
                    &"2",
                    &"--permutations",
                    &"200",
                ],
            ),
            Self::task(
                "attribute",
                &[
                    &"attribute",
                    &"--model",
                    &model,
                    &"--sae",
                    &sae,
                    &"--cells",
                    &cells,
                    &"--concepts",
                    &"0-3",
                ],
            ),
            Self::task(
                "steer",
                &[
                    &"steer",
                    &"--model",
                    &model,
                    &"--sae",
                    &sae,
                    &"--cells",
                    &cells,
                    &"--concept",
                    &"0",
                    &"--to",
                    &"1",
                    &"--cells-like",
                    &"all",
                ],
            ),
            Self::task("sae encode", &[&"sae", &"encode", &"--sae", &sae, &"--embeddings", &embeddings]),
            Self::task(
                "sae semi-nmf",
                &[
                    &"sae",
                    &"semi-nmf",
                    &"--embeddings",
                    &embeddings,
                    &"--concepts",
                    &"5",
                    &"--iterations",
                    &"20",
                ],
            ),
            Self::task("simulate", &[&"simulate", &"--cells", &"400", &"--genes", &"300"]),
            Self::task("import", &[&"import", &"scvi", &data.join("scvi")]),
            Self::task("site", &[&"site", &self.at("run"), &"--app", &self.at("app")]),
        ]
    }

    /// What is in a folder, hidden names as well.
    pub fn left_in(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().flatten();
        let mut names: Vec<String> =
            names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// Sixty-five rankings: three parts.
fn rankings(path: &Path) {
    let sets = demo_data().join("GO_Biological_Process.gmt.gz");
    let sets = cellprism_core::gsea::GeneSets::parse(&fs::read(sets).unwrap()).unwrap();
    let mut genes: Vec<String> = sets.sets.into_iter().take(60).flat_map(|set| set.genes).collect();
    genes.sort();
    genes.dedup();
    let n = genes.len();
    fs::write(path.with_extension("genes"), genes.join("\n")).unwrap();
    let mut file = Tensors::default();
    let scores = (0..65 * n).map(|i| ((i * 7919 + i / n * 31) % 1009) as f32 - 500.0);
    file.f32("scores", &[65, n], scores);
    file.metadata("genes", serde_json::to_string(&genes).unwrap());
    fs::write(path, file.to_bytes().unwrap()).unwrap();
}
