//! `cellprism shard`: a run past one machine.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;

use super::{Global, run as whole};
use super::{stderr::errln, stdout::outln};
use crate::jobs::shard::{self, Options, Plan, RunOptions};

/// Options of `cellprism shard`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  cellprism shard plan --cells cells.h5ad --model model --gene-sets sets.gmt --out bundle --shards 8\n  \
                  cellprism shard run bundle.shards --task embed-2-of-8\n  \
                  cellprism shard merge bundle.shards\n\n\
                  Any machine that sees the files may do any task whose needs are done. The bundle is that of\n\
                  `cellprism run` with the same options, byte for byte, times of making apart. workflow/Snakefile\n\
                  does a plan's tasks here or through Slurm."
)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Cut a run into tasks, and say what each is thought to take
    #[command(
        after_help = "Example:\n  cellprism shard plan --cells cells.h5ad --model model --gene-sets sets.gmt --out bundle --shards 8\n\n\
                      The options of the run are those of `cellprism run`; the plan is bundle.shards/plan.json."
    )]
    Plan(Box<PlanArgs>),
    /// Do tasks of a plan
    Run(RunArgs),
    /// Put the results of all tasks together to the bundle
    Merge(MergeArgs),
}

/// Options of `cellprism shard plan`.
#[derive(clap::Args, Debug)]
struct PlanArgs {
    #[command(flatten)]
    run: whole::Args,
    /// Shares that reading, embedding, activations and descriptions are each cut into, where there is as much to share
    #[arg(long, value_name = "N", default_value_t = 4)]
    shards: u32,
    /// Cores of a task; says how long each is thought to take
    #[arg(long, value_name = "N", default_value_t = 4)]
    cores: u32,
    /// Folder of the plan and of all results, which every machine must see (default: BUNDLE.shards)
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Options of `cellprism shard run`.
#[derive(clap::Args, Debug)]
struct RunArgs {
    /// The plan, or its folder
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// Tasks to do, by their names in the plan (default: all but `merge`, one after the other)
    #[arg(long, value_name = "ID", num_args = 1..)]
    task: Vec<String>,
}

/// Options of `cellprism shard merge`.
#[derive(clap::Args, Debug)]
struct MergeArgs {
    /// The plan, or its folder
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// Whatever was wrong with the inputs, the plan or a result, or failed on the way.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    match args.action {
        Action::Plan(args) => plan(*args, global),
        Action::Run(args) => tasks(args, global),
        Action::Merge(args) => {
            let plan = Plan::read(&args.plan)?;
            let report = shard::merge(&plan, &global.progress())?;
            whole::tell(&plan.job, &report, global)
        }
    }
}

fn plan(args: PlanArgs, global: &Global) -> anyhow::Result<()> {
    let job = whole::job(args.run)?;
    let folder = args.folder.unwrap_or_else(|| {
        let mut name = job.out.as_os_str().to_owned();
        name.push(".shards");
        name.into()
    });
    let options = Options { job, folder, shares: args.shards, cores: args.cores };
    let plan = shard::plan(&options, &global.progress())?;
    if global.json {
        outln!("{}", serde_json::to_string(&plan).context("plan")?);
    } else if !global.quiet {
        errln!("{:<22} {:>5} {:>10} {:>5} {:>9}", "task", "cores", "memory MiB", "cards", "seconds");
        for task in &plan.tasks {
            let takes = task.takes;
            errln!(
                "{:<22} {:>5} {:>10} {:>5} {:>9}",
                task.id,
                takes.cores,
                takes.memory_mb,
                takes.gpus,
                takes.seconds
            );
        }
    }
    Ok(())
}

fn tasks(args: RunArgs, global: &Global) -> anyhow::Result<()> {
    let options = RunOptions { plan: args.plan, tasks: args.task };
    let reports = shard::run(&options, &global.progress())?;
    if global.json {
        outln!("{}", serde_json::to_string(&reports).context("report")?);
    } else if !global.quiet {
        for report in &reports {
            let how = match report.unchanged {
                true => "was done already".to_owned(),
                false => format!("{:.1} s", report.seconds),
            };
            errln!("{}: {how}, {}", report.task, report.result.display());
        }
    }
    Ok(())
}
