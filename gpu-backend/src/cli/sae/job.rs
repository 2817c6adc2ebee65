//! One training from the command line: work folder, checkpoints, progress, final files.

use std::{
    fs,
    io::{IsTerminal, Write},
    num::NonZeroU32,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context;
use cellprism_core::sae::{
    SaeWeights,
    metrics::{self, Metrics},
    train::{Archetypes, EpochMetrics, Plan, Session, TrainError, TrainOptions, archetypal},
};
use serde_json::{Value, json};

use super::{engine::EngineName, work_folder::WorkFolder};
use crate::{
    cli::{Global, Progress},
    files::{embeddings::Embeddings, sae},
    runtime::Device,
    work::atomic::OutputFolder,
};

/// What to train and where to.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The embeddings.
    pub data: &'a Embeddings,
    /// The folder to write.
    pub out: &'a Path,
    /// Everything that the weights depend on.
    pub options: &'a TrainOptions,
    /// What computes the steps.
    pub engine: EngineName,
    /// Where.
    pub device: Device,
    /// Threads, 0: one a core.
    pub threads: usize,
    /// Epochs between checkpoints; by default as often as costs little.
    pub checkpoint_every: Option<NonZeroU32>,
    /// Forget an interrupted run.
    pub restart: bool,
}

/// Refuses an output that is there already.
pub fn check_absent(out: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(
        !out.exists() || fs::read_dir(out).is_ok_and(|mut folder| folder.next().is_none()),
        "{} exists already: choose another name or remove it",
        out.display()
    );
    Ok(())
}

impl Job<'_> {
    /// Trains, or goes on, until the output is there; the weights with their metrics on all cells.
    pub fn run(&self, global: &Global) -> anyhow::Result<(SaeWeights, Metrics)> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build()?;
        pool.install(|| train(self, global))
    }

    /// What the result depends on.
    pub fn record(&self) -> Value {
        json!({
            "options": self.options, "embeddings": self.data.sha256, "engine": format!("{:?}", self.engine).to_lowercase(),
        })
    }
}

fn train(job: &Job<'_>, global: &Global) -> anyhow::Result<(SaeWeights, Metrics)> {
    let Job { data, out, options, .. } = job;
    let run = job.record();
    let work = WorkFolder::beside(out, run.clone())?;
    let plan = Plan::new(data.values.view(), (*options).clone())?;
    let checkpoint = if job.restart { None } else { work.checkpoint()? };
    let engine = job.engine.start(job.device, job.threads, global, &plan)?;
    let session = match checkpoint {
        Some(checkpoint) => {
            if !global.quiet {
                eprintln!("going on after epoch {}", checkpoint.progress.epoch);
            }
            Session::resume(plan, engine, checkpoint)?
        }
        None => {
            work.create()?;
            Session::start(plan, engine)?
        }
    };
    match run_epochs(job, global, &work, session) {
        Ok((mut weights, archetypes)) => {
            weights.note_origin(data.values.view(), data.model())?;
            let measured = metrics::evaluate(&weights, data.values.view());
            let folder = OutputFolder::create(out)?;
            sae::write(folder.path(), &weights)?;
            if let Some(archetypes) = archetypes {
                fs::write(folder.path().join(archetypal::FILE), archetypes.to_safetensors()?)?;
            }
            work.copy_metrics(&folder.path().join("metrics.jsonl"))?;
            let record = json!({ "run": run, "metrics": measured });
            fs::write(folder.path().join("training.json"), serde_json::to_string_pretty(&record)? + "\n")?;
            folder.finish().with_context(|| format!("writing {}", out.display()))?;
            work.remove()?;
            Ok((weights, measured))
        }
        Err(error) => {
            // Going on from here could only diverge again.
            if matches!(error.downcast_ref(), Some(TrainError::Diverged { .. })) {
                work.remove()?;
            }
            Err(error)
        }
    }
}

/// Shortest time between checkpoints by default.
const CHECKPOINT_PAUSE: Duration = Duration::from_secs(1);
/// Time between lines where stderr is no terminal.
const LINE_PAUSE: Duration = Duration::from_secs(10);

fn run_epochs(
    job: &Job<'_>,
    global: &Global,
    work: &WorkFolder,
    mut session: Session<'_>,
) -> anyhow::Result<(SaeWeights, Option<Archetypes>)> {
    let cells = session.plan().train_cells() as u64;
    let epochs = u64::from(session.plan().options().epochs);
    let done = u64::from(session.progress().epoch);
    let progress = Progress::new("train", cells * (epochs - done), "cells", global.quiet);
    let plain = !global.quiet && !std::io::stderr().is_terminal();
    let mut file = work.metrics()?;
    let (start, mut line, mut saved) = (Instant::now(), Instant::now(), Instant::now());
    let mut pause = CHECKPOINT_PAUSE;
    loop {
        let began = Instant::now();
        let Some(metrics) = session.epoch(&mut |step| progress.advance(step.cells as u64))? else { break };
        let seconds = began.elapsed().as_secs_f64();
        let mut record = serde_json::to_value(&metrics)?;
        record["seconds"] = json!(seconds);
        record["cells_per_second"] = json!(metrics.cells as f64 / seconds);
        writeln!(file, "{record}")?;
        progress.message(in_words(&metrics));
        if plain && (line.elapsed() > LINE_PAUSE || session.is_done()) {
            line = Instant::now();
            let trained = u64::from(metrics.epoch) - done;
            let left =
                start.elapsed().as_secs_f64() / trained as f64 * (epochs - u64::from(metrics.epoch)) as f64;
            eprintln!(
                "train: epoch {}/{}  {}  {:.0} cells/s  {left:.0} s left",
                metrics.epoch,
                metrics.epochs,
                in_words(&metrics),
                metrics.cells as f64 / seconds
            );
        }
        let due = match job.checkpoint_every {
            Some(every) => metrics.epoch % every == 0,
            None => saved.elapsed() >= pause,
        };
        if due && !session.is_done() {
            let began = Instant::now();
            work.save(&session.checkpoint()?)?;
            pause = CHECKPOINT_PAUSE.max(began.elapsed() * 20);
            saved = Instant::now();
        }
    }
    progress.finish();
    Ok((session.weights()?, session.archetypes()?))
}

fn in_words(metrics: &EpochMetrics) -> String {
    let test = metrics.test_r2.map_or(String::new(), |r2| format!(" (test {r2:.4})"));
    format!(
        "loss {:.5}  R² {:.4}{test}  dead {}  L0 {:.2}",
        metrics.loss, metrics.r2, metrics.dead, metrics.l0
    )
}
