//! The bundle of a plan whose tasks are done: results laid into the work folder of the run, and the run gone on with.

use super::{
    lay::{lay, needed},
    plan::Plan,
    result,
    task::{MERGE, Stage},
};
use crate::{
    jobs::bundle::{Report, existing, stages, work::Work},
    work::{partial::sweep, progress::Progress, sync, target},
};

/// Writes the bundle that a run would have written.
///
/// # Errors
/// If program or inputs are not those of the plan, or a result is missing or damaged, with the tasks to do again.
pub fn merge(plan: &Plan, progress: &dyn Progress) -> anyhow::Result<Report> {
    let job = &plan.job;
    target::for_folder(&job.out)?;
    let inputs = plan.inputs()?;
    if let Some(report) = existing::existing(job, &inputs)? {
        return Ok(report);
    }
    let merge = plan.task(MERGE)?;
    let needed = needed(plan, merge)?;
    if let Some(id) = merge.needs.first() {
        // What killed tasks have left among the results.
        sweep(sync::folder_of(&result::folder(plan, plan.task(id)?)));
    }
    let mut spent = 0.0;
    for (id, done) in &needed {
        if matches!(plan.task(id)?.stage, Stage::Describe | Stage::Neurons | Stage::Calibrate) {
            spent += done.seconds;
        }
    }
    let work = Work::open(job, &inputs, progress)?;
    lay(plan, &needed, &work)?;
    stages::finish(job, &inputs, work, spent, progress)
}
