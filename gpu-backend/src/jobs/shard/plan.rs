//! The plan's file, and whether program and inputs are still those that it was made for.

use std::{
    collections::HashSet,
    env,
    path::{Path, PathBuf, absolute},
};

use anyhow::{Context, bail, ensure};
use cellprism_core::{bundle::path::is_safe, limits};
use serde::{Deserialize, Serialize};

use super::{
    cut,
    estimate::Sizes,
    options::Options,
    task::{MERGE, Stage, Task},
};
use crate::{
    jobs::bundle::{Job, inputs::Inputs},
    work::{digest, key::Key, output::OutputFile, progress::Progress, regular, target},
};

/// Name of the file in its folder.
pub const PLAN: &str = "plan.json";
const SCHEMA: &str = "cellprism-shard-plan";
const VERSION: u32 = 1;

/// A run cut into tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What this file is.
    pub schema: String,
    /// Of the schema.
    pub version: u32,
    /// What made it, and does its tasks.
    pub program: Program,
    /// The run, with whole paths.
    pub job: Job,
    /// Everything that decides a number of the bundle.
    pub key: Key,
    /// Cells.
    pub cells: usize,
    /// In an order in which they can be done.
    pub tasks: Vec<Task>,
    /// Where the file is.
    #[serde(skip)]
    pub path: PathBuf,
}

/// A program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Its version.
    pub version: String,
    /// SHA-256 of its file.
    pub sha256: String,
}

impl Program {
    fn this() -> anyhow::Result<Self> {
        let file = env::current_exe().context("this program does not know where it is")?;
        Ok(Self { version: env!("CARGO_PKG_VERSION").into(), sha256: digest::of_file(&file)? })
    }
}

/// Cuts a run into tasks and writes the plan. Inputs are checked as for the run itself.
///
/// # Errors
/// Whatever is wrong with the inputs, or if the plan cannot be written.
pub fn plan(options: &Options, progress: &dyn Progress) -> anyhow::Result<Plan> {
    limits::SHARES.check("--shards", options.shares)?;
    limits::THREADS.check("--cores", options.cores)?;
    let mut job = options.job.clone();
    whole_paths(&mut job)?;
    target::for_folder(&job.out)?;
    let inputs = Inputs::read(&job)?;
    let path = absolute(options.folder.join(PLAN))?;
    let output = OutputFile::claim(&path, "shard plan", &[])?;
    let sizes = Sizes::of(&job, &inputs, options.cores.max(1))?;
    let plan = Plan {
        schema: SCHEMA.into(),
        version: VERSION,
        program: Program::this()?,
        cells: inputs.cells.len(),
        tasks: cut::tasks(&job, &inputs, &sizes, options.shares),
        key: inputs.key,
        job,
        path,
    };
    let mut text = serde_json::to_vec_pretty(&plan)?;
    text.push(b'\n');
    output.finish(&text)?;
    progress.say(&format!("{} tasks in {}", plan.tasks.len(), plan.path.display()));
    Ok(plan)
}

/// A task may run in any folder.
fn whole_paths(job: &mut Job) -> anyhow::Result<()> {
    let single = [&mut job.cells, &mut job.model, &mut job.out].into_iter();
    let given = job.sae.iter_mut().chain(&mut job.place.library);
    for path in single.chain(given).chain(&mut job.gene_sets).chain(&mut job.gene_info) {
        *path = absolute(&*path).with_context(|| format!("{} has no whole path", path.display()))?;
    }
    Ok(())
}

impl Plan {
    /// Results lie in the plan's folder, and a task needs those that come before it.
    fn check(&self) -> anyhow::Result<()> {
        let mut before = HashSet::new();
        for task in &self.tasks {
            let outside = task.result.as_deref().filter(|result| !is_safe(result));
            ensure!(outside.is_none(), "the result of {:?} lies outside of its folder", task.id);
            let later = task.needs.iter().find(|id| !before.contains(id.as_str()));
            ensure!(
                later.is_none(),
                "{:?} needs {:?}, which does not come before it",
                task.id,
                later.map_or("", |id| id)
            );
            ensure!(before.insert(task.id.as_str()), "two tasks are called {:?}", task.id);
        }
        ensure!(before.contains(MERGE), "no task puts the results together");
        Ok(())
    }

    /// Reads a plan, or that of a folder.
    ///
    /// # Errors
    /// If it is not there, or no plan of this version.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let path = if path.is_dir() { path.join(PLAN) } else { path.to_owned() };
        let path = absolute(path)?;
        let failed = || format!("cannot read the plan {}", path.display());
        let text = regular::read(&path, regular::LIST).with_context(failed)?;
        let found: serde_json::Value = serde_json::from_slice(&text).with_context(failed)?;
        if found["schema"] != SCHEMA {
            bail!("{} is no plan that `cellprism shard plan` wrote", path.display());
        }
        if found["version"] != VERSION {
            bail!(
                "{} is a plan of version {}, this program reads {VERSION}: plan again with it",
                path.display(),
                found["version"]
            );
        }
        let mut plan: Self = serde_json::from_value(found).with_context(failed)?;
        plan.check().with_context(failed)?;
        plan.path = path;
        Ok(plan)
    }

    /// The folder of plan and results.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// A task by its name.
    ///
    /// # Errors
    /// If there is none, with those that there are.
    pub fn task(&self, id: &str) -> anyhow::Result<&Task> {
        self.tasks.iter().find(|task| task.id == id).with_context(|| {
            let names: Vec<&str> = self.tasks.iter().map(|task| task.id.as_str()).collect();
            format!("{} has no task {id:?}; it has {}", self.path.display(), names.join(", "))
        })
    }

    /// Shares of a stage.
    pub fn shares(&self, stage: Stage) -> u32 {
        self.tasks.iter().filter(|task| task.stage == stage).count() as u32
    }

    /// Reads the inputs, and refuses what the plan was not made for.
    ///
    /// # Errors
    /// If this is another program, or anything that decides a number has changed since, with what.
    pub fn inputs(&self) -> anyhow::Result<Inputs> {
        let program = Program::this()?;
        if program != self.program {
            let words = |p: &Program| format!("{} {}", p.version, p.sha256.get(..12).unwrap_or_default());
            bail!(
                "{} was made by another program (cellprism {}, this is {}): do its tasks with that one, or plan again with this",
                self.path.display(),
                words(&self.program),
                words(&program)
            );
        }
        let inputs = Inputs::read(&self.job)?;
        let changes = inputs.key.changes(&self.key);
        if !changes.is_empty() {
            bail!(
                "{} was made for other inputs ({}): put back what it was made for, or plan again",
                self.path.display(),
                changes.join("; ")
            );
        }
        Ok(inputs)
    }
}
