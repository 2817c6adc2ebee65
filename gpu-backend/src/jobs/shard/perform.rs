//! Tasks done, each in a work folder beside its result: a kill leaves what it has finished there, and the same task goes on.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::Context;
use serde::Serialize;

use super::{
    lay::{RESULT_FOLDER, lay, needed, other_need, take},
    options::RunOptions,
    plan::Plan,
    result::{self, Done, Found, RESULT},
    task::{Stage, Task},
};
use crate::{
    jobs::bundle::{inputs::Inputs, stages::Stages, work::Work},
    work::{atomic, memory, partial::Held, progress::Progress},
};

/// How often it is looked whether another process has finished.
const PAUSE: Duration = Duration::from_millis(500);

/// What became of a task.
#[derive(Clone, Debug, Serialize)]
pub struct TaskReport {
    /// The task.
    pub task: String,
    /// The folder of its result, or the bundle.
    pub result: PathBuf,
    /// Whether it was done already.
    pub unchanged: bool,
    /// How long it took when it was done.
    pub seconds: f64,
    /// Memory at most, in MiB, of the process that did it.
    pub memory_mb: Option<u64>,
}

/// Does tasks in the order of the plan; those that are done already are checked and left as they are.
///
/// # Errors
/// If program or inputs are not those of the plan, what a task needs is missing or damaged, or the task fails.
pub fn run(options: &RunOptions, progress: &dyn Progress) -> anyhow::Result<Vec<TaskReport>> {
    let plan = Plan::read(&options.plan)?;
    for id in &options.tasks {
        plan.task(id)?;
    }
    let asked = |task: &&Task| match &options.tasks[..] {
        [] => task.stage != Stage::Merge,
        some => some.contains(&task.id),
    };
    let tasks: Vec<&Task> = plan.tasks.iter().filter(asked).collect();
    // The last one reads its inputs itself.
    let mut inputs = None;
    let mut reports = Vec::new();
    for task in tasks {
        let report = if task.stage == Stage::Merge {
            let merged = super::merge(&plan, progress)?;
            TaskReport {
                task: task.id.clone(),
                result: plan.job.out.clone(),
                unchanged: merged.unchanged,
                seconds: 0.0,
                memory_mb: None,
            }
        } else {
            if inputs.is_none() {
                inputs = Some(plan.inputs()?);
            }
            let inputs = inputs.as_ref().context("the inputs were not read")?;
            perform(&plan, inputs, task, progress)?
        };
        reports.push(report);
    }
    Ok(reports)
}

fn perform(plan: &Plan, inputs: &Inputs, task: &Task, progress: &dyn Progress) -> anyhow::Result<TaskReport> {
    let folder = result::folder(plan, task);
    let report = |done: &Done, unchanged| TaskReport {
        task: task.id.clone(),
        result: folder.clone(),
        unchanged,
        seconds: done.seconds,
        memory_mb: done.memory_mb,
    };
    if let Some(done) = there(plan, task, progress)? {
        return Ok(report(&done, true));
    }
    let needed = needed(plan, task)?;
    let contents: BTreeMap<String, String> =
        needed.iter().map(|(id, done)| (id.clone(), done.content.clone())).collect();
    let key = contents.iter().fold(plan.key.clone().with("task", &task.id), |key, (id, content)| {
        key.with(&format!("made of {id}"), content)
    });
    let mut said = false;
    let work = loop {
        match Work::of_task(&folder, &key, progress) {
            Ok(work) => break work,
            Err(error) => {
                let Some(held) = error.downcast_ref::<Held>() else { return Err(error) };
                if !said {
                    progress.say(&format!("{}: process {} is at it; waiting", task.id, held.process));
                }
                said = true;
                sleep(PAUSE);
            }
        }
    };
    // Another process may have finished it meanwhile.
    if let Some(done) = there(plan, task, progress)? {
        work.discard()?;
        return Ok(report(&done, true));
    }
    let began = Instant::now();
    lay(plan, &needed, &work)?;
    let stages = Stages { job: &plan.job, inputs, work: &work, progress };
    stage(plan, task, &stages).with_context(|| task.id.clone())?;
    let files = take(task.stage, &needed, &work)?;
    if let Err(error) = inputs.stamps.check() {
        // Nobody knows which part was made of what.
        work.discard()?;
        return Err(error);
    }
    let memory_mb = memory::peak().map(|bytes| bytes >> 20);
    let done = Done::new(task, began.elapsed().as_secs_f64(), memory_mb, contents, files);
    atomic::write_file(&work.folder(RESULT_FOLDER).join(RESULT), &serde_json::to_vec_pretty(&done)?)?;
    work.publish_folder(RESULT_FOLDER)?;
    Ok(report(&done, false))
}

/// The result of a task that is done, whole, and made of what is there now; of another it is said why it is made again.
fn there(plan: &Plan, task: &Task, progress: &dyn Progress) -> anyhow::Result<Option<Done>> {
    match result::look(plan, task) {
        Found::Missing => Ok(None),
        Found::Damaged(file) => {
            progress.say(&format!("{}: {} is damaged; made again", task.id, file.display()));
            Ok(None)
        }
        Found::Whole(done) => match other_need(plan, &done)? {
            None => Ok(Some(done)),
            Some(other) => {
                progress.say(&format!("{}: {other} is another one now; made again", task.id));
                Ok(None)
            }
        },
    }
}

fn stage(plan: &Plan, task: &Task, stages: &Stages<'_>) -> anyhow::Result<()> {
    match task.stage {
        Stage::Read => stages.read(task.share),
        Stage::Embed => stages.embed(task.share),
        Stage::Train => stages.train(plan.shares(Stage::Embed)),
        Stage::Map => stages.place(),
        Stage::Activate => stages.activate(task.share),
        Stage::Describe | Stage::Neurons => stages.describe(task.stage.folder(), task.share),
        Stage::Calibrate => stages.calibrate(),
        Stage::Merge => Ok(()),
    }
}
