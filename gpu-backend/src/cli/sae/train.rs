//! `cellprism sae train`.

use std::{
    fs,
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use cellprism_core::sae::{
    SaeWeights,
    metrics::{self, Metrics},
    train::{
        Arithmetic, EarlyStop, EpochMetrics, Plan, Resample, Schedule, Session, Split, TrainError,
        TrainOptions, default_epochs,
    },
};
use clap::ValueEnum;
use serde_json::json;

use super::{engine::EngineName, evaluate, memory, work_folder::WorkFolder};
use crate::{
    cli::{Global, Progress},
    engine::Device,
    io::{
        atomic::OutputFolder,
        embeddings::{self, Embeddings},
        sae,
    },
};

/// Options of `sae train`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "While it runs, OUT.partial holds checkpoints and metrics.jsonl; after an interruption the same command goes on\nfrom there and ends with the same weights, byte for byte.\n\nExample:\n  cellprism sae train --embeddings embeddings.safetensors --concepts 500 --active 8 --out sae/"
)]
pub struct Args {
    /// Embeddings (safetensors, tensor "embeddings" [n, d])
    #[arg(long, value_name = "FILE")]
    embeddings: PathBuf,
    /// Folder to write: cfg.json, sae_weights.safetensors, metrics.jsonl, training.json
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Concepts (c)
    #[arg(long)]
    concepts: usize,
    /// Active concepts per cell (k)
    #[arg(long)]
    active: usize,
    /// Passes over the cells (default: as many as give 4,000 steps, from 20 to 400)
    #[arg(long)]
    epochs: Option<u32>,
    /// Adam's learning rate; 5e-5 to 5e-4 is usual
    #[arg(long, default_value_t = 3e-4)]
    learning_rate: f64,
    /// Seed of initialisation, shuffles, split and resampling
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Cells per step
    #[arg(long, default_value_t = 1024)]
    batch: usize,
    /// What computes the steps
    #[arg(long, value_enum, default_value_t = EngineName::Native)]
    engine: EngineName,
    /// Where the ONNX engine runs: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu")]
    device: Device,
    /// Threads (0: one a core); the result does not depend on it
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Most dead concepts per cell that rebuild the residual (default: 512, at most half of the concepts)
    #[arg(long, value_name = "N")]
    aux_k: Option<usize>,
    /// Weight of the auxiliary loss (0: none)
    #[arg(long, value_name = "W", default_value_t = 1.0 / 32.0)]
    aux_coefficient: f64,
    /// Cells without activation after which a concept is dead (default: ten epochs)
    #[arg(long, value_name = "CELLS")]
    dead_window: Option<u64>,
    /// No decoder bias (default: it starts at the mean cell, is subtracted before encoding, and is trained)
    #[arg(long)]
    no_decoder_bias: bool,
    /// How the learning rate changes
    #[arg(long, value_enum, default_value_t = ScheduleName::Constant)]
    schedule: ScheduleName,
    /// Share of all steps in which the learning rate rises, for the cosine schedule
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    warmup: f64,
    /// Last over highest learning rate, for the cosine schedule
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    floor: f64,
    /// Largest norm of all gradients together
    #[arg(long, value_name = "NORM")]
    clip: Option<f64>,
    /// Stop when R² (of the test cells, where there are any) has not risen for so many epochs
    #[arg(long, value_name = "EPOCHS")]
    early_stop: Option<u32>,
    /// Smallest rise of R² that counts for --early-stop
    #[arg(long, value_name = "R2", default_value_t = 1e-4)]
    early_stop_rise: f64,
    /// Start dead concepts anew after every so many epochs
    #[arg(long, value_name = "EPOCHS")]
    resample: Option<u32>,
    /// … until this share of all epochs
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    resample_until: f64,
    /// Share of cells, drawn by the seed, that are only measured
    #[arg(long, value_name = "SHARE", conflicts_with = "test_rows")]
    test_fraction: Option<f64>,
    /// File with rows (from 0, one a line) that are only measured, for instance all cells of some donors
    #[arg(long, value_name = "FILE")]
    test_rows: Option<PathBuf>,
    /// Rounding of the native engine: fused is fast, portable gives the browser's bits
    #[arg(long, value_enum, default_value_t = ArithmeticName::Fused)]
    arithmetic: ArithmeticName,
    /// Epochs between checkpoints (default: every epoch, but no more than a twentieth of the time)
    #[arg(long, value_name = "EPOCHS")]
    checkpoint_every: Option<u32>,
    /// Forget an interrupted run instead of going on from it
    #[arg(long)]
    restart: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ScheduleName {
    /// Always the same
    Constant,
    /// Rises in equal steps, then falls along half a cosine
    Cosine,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ArithmeticName {
    /// Product and sum rounded once
    Fused,
    /// Product and sum rounded each
    Portable,
}

impl Args {
    fn options(&self, cells: usize) -> anyhow::Result<TrainOptions> {
        let epochs = self.epochs.unwrap_or_else(|| default_epochs(cells, self.batch));
        let mut options = TrainOptions::new(self.concepts, self.active, epochs);
        options.learning_rate = self.learning_rate;
        options.seed = self.seed;
        options.batch = self.batch;
        options.aux_k = self.aux_k;
        options.aux_coefficient = self.aux_coefficient;
        options.dead_window = self.dead_window;
        options.decoder_bias = !self.no_decoder_bias;
        options.schedule = match self.schedule {
            ScheduleName::Constant => Schedule::Constant,
            ScheduleName::Cosine => Schedule::Cosine { warmup: self.warmup, floor: self.floor },
        };
        options.clip = self.clip;
        options.early_stop =
            self.early_stop.map(|patience| EarlyStop { patience, rise: self.early_stop_rise });
        options.resample = self.resample.map(|every| Resample { every, until: self.resample_until });
        options.test = match (&self.test_rows, self.test_fraction) {
            (Some(path), _) => Split::Rows(rows(path)?),
            (None, Some(share)) => Split::Fraction(share),
            (None, None) => Split::None,
        };
        options.arithmetic = match self.arithmetic {
            ArithmeticName::Fused => Arithmetic::Fused,
            ArithmeticName::Portable => Arithmetic::Portable,
        };
        options.validate()?;
        Ok(options)
    }
}

fn rows(path: &Path) -> anyhow::Result<Vec<u32>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let numbers = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    numbers
        .map(|(i, line)| {
            let row = line.trim().parse();
            row.with_context(|| format!("{}, line {}: {line:?} is no row number", path.display(), i + 1))
        })
        .collect()
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    args.engine.check(args.device)?;
    let file = embeddings::open(&args.embeddings)?;
    let options = args.options(file.rows)?;
    ensure!(
        !args.out.exists() || fs::read_dir(&args.out).is_ok_and(|mut folder| folder.next().is_none()),
        "{} exists already: choose another name or remove it",
        args.out.display()
    );
    memory::check(options.memory(file.rows as u64, file.columns as u64))?;
    let data = file.read()?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.threads).build()?;
    let (weights, metrics) = pool.install(|| train(&args, global, &data, &options))?;
    if !global.quiet {
        eprintln!(
            "{}: {} concepts of size {}",
            args.out.display(),
            weights.config.d_sae,
            weights.config.d_in
        );
    }
    evaluate::print(&metrics, global)
}

fn train(
    args: &Args,
    global: &Global,
    data: &Embeddings,
    options: &TrainOptions,
) -> anyhow::Result<(SaeWeights, Metrics)> {
    let run =
        json!({ "options": options, "embeddings": data.sha256, "engine": format!("{:?}", args.engine) });
    let work = WorkFolder::beside(&args.out, run.clone())?;
    let plan = Plan::new(data.values.view(), options.clone())
        .with_context(|| args.embeddings.display().to_string())?;
    let checkpoint = if args.restart { None } else { work.checkpoint()? };
    let engine = args.engine.start(args.device, args.threads, global, &plan)?;
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
    match run_epochs(args, global, &work, session) {
        Ok(weights) => {
            let measured = metrics::evaluate(&weights, data.values.view());
            let folder = OutputFolder::create(&args.out)?;
            sae::write(folder.path(), &weights)?;
            work.copy_metrics(&folder.path().join("metrics.jsonl"))?;
            let record = json!({ "run": run, "metrics": measured });
            fs::write(folder.path().join("training.json"), serde_json::to_string_pretty(&record)? + "\n")?;
            folder.finish().with_context(|| format!("writing {}", args.out.display()))?;
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
    args: &Args,
    global: &Global,
    work: &WorkFolder,
    mut session: Session<'_>,
) -> anyhow::Result<SaeWeights> {
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
        let due = match args.checkpoint_every {
            Some(0) => bail!("--checkpoint-every 0: at least one epoch"),
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
    Ok(session.weights()?)
}

fn in_words(metrics: &EpochMetrics) -> String {
    let test = metrics.test_r2.map_or(String::new(), |r2| format!(" (test {r2:.4})"));
    format!(
        "loss {:.5}  R² {:.4}{test}  dead {}  L0 {:.2}",
        metrics.loss, metrics.r2, metrics.dead, metrics.l0
    )
}
