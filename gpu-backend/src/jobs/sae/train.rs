//! One training: work folder, checkpoints, progress, final files.

use std::{
    fs,
    io::Write,
    num::NonZeroU32,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context;
use cellprism_core::sae::{
    SaeWeights,
    metrics::{self, Metrics},
    train::{Archetypes, Engine, EpochMetrics, Plan, Session, TrainError, TrainOptions, archetypal},
};
use serde_json::{Value, json};

use super::{Machine, Options, size, work_folder::WorkFolder};
use crate::{
    files::{
        embeddings::{self, Embeddings},
        sae,
    },
    work::{key::Key, memory, partial::Partial, progress::Progress, regular, target},
};

/// What to train and where to.
#[derive(Clone, Copy, Debug)]
pub struct Training<'a> {
    /// The embeddings.
    pub data: &'a Embeddings,
    /// The folder to write.
    pub out: &'a Path,
    /// Everything that the weights depend on.
    pub options: &'a TrainOptions,
    /// What computes the steps, and where.
    pub machine: &'a Machine,
    /// Epochs between checkpoints; by default as often as costs little.
    pub checkpoint_every: Option<NonZeroU32>,
    /// Forget an interrupted run.
    pub restart: bool,
    /// Replace what is there already.
    pub overwrite: bool,
}

/// A finished training.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Concepts (c).
    pub concepts: usize,
    /// Size of the embeddings (d).
    pub size: usize,
    /// Measured on all cells.
    pub metrics: Metrics,
}

/// Trains as asked for.
///
/// # Errors
/// If an input cannot be read, options contradict each other, the output is there already, or training diverges.
pub fn train(options: &Options, progress: &dyn Progress) -> anyhow::Result<Trained> {
    options.check()?;
    target::can_be_written(&options.out)?;
    let source = &options.basics.embeddings;
    let file = embeddings::open(source)?;
    let mut asked = options.clone();
    let mut read = None;
    if asked.basics.concepts == 0 {
        // What is there need not wait for a size.
        check_absent(&options.out, None, options.overwrite)?;
        let data = read.insert(embeddings::read(source)?);
        size::settle(&mut asked.basics, options.seed, data.values.view(), progress)?;
    }
    let trainer = asked.for_cells(file.rows)?;
    check_absent(&options.out, Some(&trainer), options.overwrite)?;
    let needed = options.machine.engine.memory(&trainer, file.rows, file.columns);
    memory::check(needed.saturating_sub(file.mapped_bytes()))?;
    let data = match read {
        Some(data) => data,
        None => file.read()?,
    };
    let training = Training {
        data: &data,
        out: &options.out,
        options: &trainer,
        machine: &options.machine,
        checkpoint_every: options.checkpoint_every,
        restart: options.restart,
        overwrite: options.overwrite,
    };
    let (weights, metrics) = training.run(progress)?;
    let (concepts, size) = (weights.config.d_sae, weights.config.d_in);
    progress.say(&format!("{}: {concepts} concepts of size {size}", options.out.display()));
    Ok(Trained { concepts, size, metrics })
}

/// Refuses an output that is there already, with what differs.
fn check_absent(out: &Path, options: Option<&TrainOptions>, overwrite: bool) -> anyhow::Result<()> {
    target::for_folder(out)?;
    let is_empty = || fs::read_dir(out).is_ok_and(|mut folder| folder.next().is_none());
    if overwrite {
        return target::replaces(out, sae::CONFIG, "dictionary");
    }
    if !out.exists() || is_empty() {
        return Ok(());
    }
    let text = regular::read(&out.join(RECORD), regular::LIST).unwrap_or_default();
    let record: Option<Value> = serde_json::from_slice(&text).ok();
    let changes = match (record, options) {
        (Some(record), Some(options)) => {
            let now = of_options(Key::default(), &serde_json::to_value(options)?);
            now.changes(&of_options(Key::default(), &record["run"]["options"]))
        }
        _ => Vec::new(),
    };
    let differs = if changes.is_empty() { String::new() } else { format!(" ({})", changes.join("; ")) };
    anyhow::bail!(
        "{} exists already{differs}: choose another name, or replace it with --overwrite",
        out.display()
    );
}

/// A key with the options of a training, each by its name.
fn of_options(key: Key, options: &Value) -> Key {
    let each = options.as_object().into_iter().flatten();
    each.fold(key, |key, (name, value)| key.with(&name.replace('_', "-"), value))
}

/// What becomes the output.
const DICTIONARY: &str = "dictionary";
/// What was trained, beside the weights.
const RECORD: &str = "training.json";

impl Training<'_> {
    /// Trains, or goes on, until the output is there; the weights with their metrics on all cells.
    ///
    /// # Errors
    /// If training diverges, a device fails, or a file cannot be written.
    pub fn run(&self, progress: &dyn Progress) -> anyhow::Result<(SaeWeights, Metrics)> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.machine.threads).build()?;
        pool.install(|| to_the_end(self, progress))
    }

    /// What the result depends on, by name; for a device also which, and by which library.
    fn key(&self) -> anyhow::Result<Key> {
        let key = Key::default()
            .with("cellprism", env!("CARGO_PKG_VERSION"))
            .with("embeddings", &self.data.sha256)
            .with("engine", self.machine.key()?);
        Ok(of_options(key, &serde_json::to_value(self.options)?))
    }

    /// What the result depends on, as it is recorded.
    pub fn record(&self) -> Value {
        json!({
            "options": self.options, "embeddings": self.data.sha256, "engine": self.machine.engine.name(),
        })
    }
}

fn to_the_end(job: &Training<'_>, progress: &dyn Progress) -> anyhow::Result<(SaeWeights, Metrics)> {
    let Training { data, out, options, .. } = job;
    let run = job.record();
    let mut partial = Partial::open(out, "train", &job.key()?, progress)?;
    // Another run may have written it, before this one had the lock.
    check_absent(out, Some(options), job.overwrite)?;
    if job.restart {
        partial.begin_anew()?;
    }
    let work = WorkFolder::within(partial.path(""), run.clone());
    let plan = Plan::new(data.values.view(), (*options).clone())
        .with_context(|| data.source.display().to_string())?;
    let engine = job.machine.start(&plan)?;
    match epochs(plan, engine, &work, job.checkpoint_every, progress) {
        Ok((mut weights, archetypes)) => {
            weights.note_origin(data.values.view(), data.model())?;
            let measured = metrics::evaluate(&weights, data.values.view());
            let folder = partial.path(DICTIONARY);
            fs::create_dir_all(&folder)?;
            sae::write(&folder, &weights)?;
            if let Some(archetypes) = archetypes {
                fs::write(folder.join(archetypal::FILE), archetypes.to_safetensors()?)?;
            }
            work.copy_metrics(&folder.join("metrics.jsonl"))?;
            let record = json!({ "run": run, "metrics": measured });
            fs::write(folder.join(RECORD), serde_json::to_string_pretty(&record)? + "\n")?;
            // Another program may have made something there.
            check_absent(out, Some(options), job.overwrite)?;
            partial.publish(DICTIONARY)?;
            Ok((weights, measured))
        }
        Err(error) => {
            // Going on from here could only diverge again.
            if matches!(error.downcast_ref(), Some(TrainError::Diverged { .. })) {
                partial.remove()?;
            }
            Err(error)
        }
    }
}

/// Trains to the last epoch, from a checkpoint in `work` where there is one; weights, and archetypes of an archetypal
/// dictionary. Checkpoints are written as often as costs little, or every so many epochs.
///
/// # Errors
/// If training diverges, the device fails, or a file cannot be written.
pub fn epochs<'a>(
    plan: Plan<'a>,
    engine: Box<dyn Engine + 'a>,
    work: &WorkFolder,
    every: Option<NonZeroU32>,
    progress: &dyn Progress,
) -> anyhow::Result<(SaeWeights, Option<Archetypes>)> {
    let session = match work.checkpoint()? {
        Some(checkpoint) => {
            progress.say(&format!("going on after epoch {}", checkpoint.progress.epoch));
            Session::resume(plan, engine, checkpoint)?
        }
        None => {
            work.create()?;
            Session::start(plan, engine)?
        }
    };
    run_epochs(session, work, every, progress)
}

/// Shortest time between checkpoints by default.
const CHECKPOINT_PAUSE: Duration = Duration::from_secs(1);

fn run_epochs(
    mut session: Session<'_>,
    work: &WorkFolder,
    every: Option<NonZeroU32>,
    progress: &dyn Progress,
) -> anyhow::Result<(SaeWeights, Option<Archetypes>)> {
    let cells = session.plan().train_cells() as u64;
    let epochs = u64::from(session.plan().options().epochs);
    let done = u64::from(session.progress().epoch);
    let steps = progress.begin("train", cells * (epochs - done), "cells");
    let mut file = work.metrics()?;
    let mut saved = Instant::now();
    let mut pause = CHECKPOINT_PAUSE;
    loop {
        let began = Instant::now();
        let Some(metrics) = session.epoch(&mut |step| steps.advance(step.cells as u64))? else { break };
        let seconds = began.elapsed().as_secs_f64();
        let mut record = serde_json::to_value(&metrics)?;
        record["seconds"] = json!(seconds);
        record["cells_per_second"] = json!(metrics.cells as f64 / seconds);
        writeln!(file, "{record}")?;
        steps.message(&in_words(&metrics));
        let due = match every {
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
    steps.finish();
    Ok((session.weights()?, session.archetypes()?))
}

fn in_words(metrics: &EpochMetrics) -> String {
    let test = metrics.test_r2.map_or(String::new(), |r2| format!(" (test {r2:.4})"));
    format!(
        "epoch {}/{}  loss {:.5}  R² {:.4}{test}  dead {}  L0 {:.2}",
        metrics.epoch, metrics.epochs, metrics.loss, metrics.r2, metrics.dead, metrics.l0
    )
}
