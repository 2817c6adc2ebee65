//! `cellprism sae train`.

use std::{
    fs,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use cellprism_core::sae::train::{
    AUX_COEFFICIENT, Arithmetic, EarlyStop, Resample, Schedule, Split, TrainOptions, rows_of_groups,
};
use clap::ValueEnum;

use super::{
    archetypal,
    basics::Basics,
    engine::EngineName,
    evaluate,
    job::{self, Job},
    memory,
};
use crate::{
    cli::Global,
    files::{embeddings, h5ad},
    runtime::Device,
};

/// Options of `sae train`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "While it runs, OUT.partial holds checkpoints and metrics.jsonl; after an interruption the same command goes on\nfrom there and ends with the same weights, byte for byte.\n\nExample:\n  cellprism sae train --embeddings embeddings.safetensors --concepts 500 --active 8 --out sae/"
)]
pub struct Args {
    #[command(flatten)]
    basics: Basics,
    /// Folder to write: cfg.json, sae_weights.safetensors, metrics.jsonl, training.json; for --archetypal archetypes.safetensors as well
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Seed of initialisation, shuffles, split and resampling
    #[arg(long, default_value_t = 0)]
    seed: u64,
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
    #[arg(long, value_name = "W", default_value_t = AUX_COEFFICIENT)]
    aux_coefficient: f64,
    /// Cells without activation after which a concept is dead (default: ten epochs)
    #[arg(long, value_name = "CELLS")]
    dead_window: Option<u64>,
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
    #[command(flatten)]
    archetypal: archetypal::Options,
    /// Start dead concepts anew after every so many epochs
    #[arg(long, value_name = "EPOCHS")]
    resample: Option<u32>,
    /// … until this share of all epochs
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    resample_until: f64,
    /// Share of cells, drawn by the seed, that are only measured
    #[arg(long, value_name = "SHARE", conflicts_with = "test_rows")]
    test_fraction: Option<f64>,
    /// Column of --cells whose labels, for instance donors, stay whole: all cells of a donor are trained on or only
    /// measured
    #[arg(long, value_name = "COLUMN", requires_all = ["test_fraction", "cells"])]
    test_by: Option<String>,
    /// The embedded cells (h5ad), for --test-by
    #[arg(long, value_name = "FILE", requires = "test_by")]
    cells: Option<PathBuf>,
    /// File with rows (from 0, one a line) that are only measured, for instance all cells of some donors
    #[arg(long, value_name = "FILE")]
    test_rows: Option<PathBuf>,
    /// Rounding of the native engine: fused is fast, portable gives the browser's bits
    #[arg(long, value_enum, default_value_t = ArithmeticName::Fused)]
    arithmetic: ArithmeticName,
    /// Epochs between checkpoints (default: every epoch, but no more than a twentieth of the time)
    #[arg(long, value_name = "EPOCHS")]
    checkpoint_every: Option<NonZeroU32>,
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
        let mut options = self.basics.options(cells);
        options.seed = self.seed;
        options.aux_k = self.aux_k;
        options.aux_coefficient = self.aux_coefficient;
        options.dead_window = self.dead_window;
        options.schedule = match self.schedule {
            ScheduleName::Constant => Schedule::Constant,
            ScheduleName::Cosine => Schedule::Cosine { warmup: self.warmup, floor: self.floor },
        };
        options.archetypal = self.archetypal.get();
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
        if let (Some(column), Some(path), Split::Fraction(share)) =
            (&self.test_by, &self.cells, &options.test)
        {
            options.test = Split::Rows(rows_of_labels(path, column, cells, *share, self.seed)?);
        }
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

/// Cells of whole labels that hold a share of all.
fn rows_of_labels(
    path: &Path,
    column: &str,
    cells: usize,
    share: f64,
    seed: u64,
) -> anyhow::Result<Vec<u32>> {
    let file = h5ad::open(path, &h5ad::Options { allow_non_integer: true })?;
    ensure!(
        file.len() == cells,
        "{}: {} cells, but there are {cells} embeddings: --cells names the file that was embedded",
        path.display(),
        file.len()
    );
    let Some(found) = file.columns().iter().find(|found| found.name == column) else {
        let names: Vec<&str> = file.columns().iter().map(|found| found.name.as_str()).collect();
        bail!("{}: no column {column:?}; there are {}", path.display(), names.join(", "));
    };
    let group_of: Vec<Option<u16>> =
        found.codes.iter().map(|&code| (code != u16::MAX).then_some(code)).collect();
    let rows = rows_of_groups(&group_of, share, seed);
    ensure!(
        !rows.is_empty(),
        "{}: column {column:?} has fewer than two labels, or --test-fraction is 0: nothing to hold back",
        path.display()
    );
    Ok(rows)
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    args.engine.check(args.device)?;
    args.archetypal.check(args.engine)?;
    let file = embeddings::open(&args.basics.embeddings)?;
    let options = args.options(file.rows)?;
    job::check_absent(&args.out)?;
    memory::check(args.engine.memory(&options, file.rows, file.columns))?;
    let data = file.read()?;
    let job = Job {
        data: &data,
        out: &args.out,
        options: &options,
        engine: args.engine,
        device: args.device,
        threads: args.threads,
        checkpoint_every: args.checkpoint_every,
        restart: args.restart,
    };
    let (weights, metrics) = job.run(global).with_context(|| args.basics.embeddings.display().to_string())?;
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
