//! `cellprism sae train`.

use std::{num::NonZeroU32, path::PathBuf};

use cellprism_core::sae::train::{AUX_COEFFICIENT, Arithmetic, EarlyStop, Resample, Schedule};
use clap::ValueEnum;

use super::{archetypal, basics::Basics, evaluate, machine::EngineArgs};
use crate::{
    cli::Global,
    jobs::sae::{self, Options},
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
    #[command(flatten)]
    engine: EngineArgs,
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
    /// Replace what is there already under that name
    #[arg(long)]
    overwrite: bool,
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
    fn options(self) -> Options {
        Options {
            basics: self.basics.into(),
            out: self.out,
            seed: self.seed,
            machine: self.engine.machine(self.threads),
            aux_k: self.aux_k,
            aux_coefficient: Some(self.aux_coefficient),
            dead_window: self.dead_window,
            schedule: match self.schedule {
                ScheduleName::Constant => Schedule::Constant,
                ScheduleName::Cosine => Schedule::Cosine { warmup: self.warmup, floor: self.floor },
            },
            clip: self.clip,
            early_stop: self.early_stop.map(|patience| EarlyStop { patience, rise: self.early_stop_rise }),
            archetypal: self.archetypal.get(),
            resample: self.resample.map(|every| Resample { every, until: self.resample_until }),
            test_fraction: self.test_fraction,
            test_by: self.test_by,
            cells: self.cells,
            test_rows: self.test_rows,
            arithmetic: match self.arithmetic {
                ArithmeticName::Fused => Arithmetic::Fused,
                ArithmeticName::Portable => Arithmetic::Portable,
            },
            checkpoint_every: self.checkpoint_every,
            restart: self.restart,
            overwrite: self.overwrite,
        }
    }
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let trained = sae::train(&args.options(), &global.progress())?;
    evaluate::print(&trained.metrics, global)
}
