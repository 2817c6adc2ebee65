//! What a training is asked for.

use std::{
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use cellprism_core::sae::{
    size::active_by_default,
    train::{
        Archetypal, Arithmetic, BATCH, EarlyStop, LEARNING_RATE, Resample, Schedule, Split, TrainOptions,
        default_epochs, rows_of_groups,
    },
};
use serde::{Deserialize, Serialize};

use super::engine::{EngineName, Machine};
use crate::{files::h5ad, work::regular};

/// Embeddings, size and pace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Basics {
    /// Embeddings (safetensors, tensor "embeddings" `[n, d]`).
    pub embeddings: PathBuf,
    /// Concepts (c); 0 means "choose by the embeddings".
    pub concepts: usize,
    /// Active concepts per cell (k); concepts / 62.5 but at least 3 where not given.
    pub active: Option<usize>,
    /// Passes over the cells; by their number where not given.
    pub epochs: Option<u32>,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Cells per step.
    pub batch: usize,
    /// No decoder bias.
    pub no_decoder_bias: bool,
}

impl Default for Basics {
    fn default() -> Self {
        Self {
            embeddings: PathBuf::new(),
            concepts: 0,
            active: None,
            epochs: None,
            learning_rate: LEARNING_RATE,
            batch: BATCH,
            no_decoder_bias: false,
        }
    }
}

impl Basics {
    /// Options for so many cells, the rest at its defaults; not validated yet.
    pub fn options(&self, cells: usize) -> TrainOptions {
        let epochs = self.epochs.unwrap_or_else(|| default_epochs(cells, self.batch));
        let active = self.active.unwrap_or_else(|| active_by_default(self.concepts));
        let mut options = TrainOptions::new(self.concepts, active, epochs);
        options.learning_rate = self.learning_rate;
        options.batch = self.batch;
        options.decoder_bias = !self.no_decoder_bias;
        options
    }
}

/// Everything that `sae train` is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Embeddings, size and pace.
    pub basics: Basics,
    /// Folder to write.
    pub out: PathBuf,
    /// Seed of initialisation, shuffles, split and resampling.
    pub seed: u64,
    /// What computes the steps, and where.
    pub machine: Machine,
    /// Most dead concepts per cell that rebuild the residual.
    pub aux_k: Option<usize>,
    /// Weight of the auxiliary loss; 1/32 where not given.
    pub aux_coefficient: Option<f64>,
    /// Cells without activation after which a concept is dead.
    pub dead_window: Option<u64>,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// Largest norm of all gradients together.
    pub clip: Option<f64>,
    /// When to stop early.
    pub early_stop: Option<EarlyStop>,
    /// Dictionary rows as mixtures of cells.
    pub archetypal: Option<Archetypal>,
    /// When dead concepts start anew.
    pub resample: Option<Resample>,
    /// Share of cells, drawn by the seed, that are only measured.
    pub test_fraction: Option<f64>,
    /// Column of `cells` whose labels stay whole on one side of the split.
    pub test_by: Option<String>,
    /// The embedded cells (h5ad), for `test_by`.
    pub cells: Option<PathBuf>,
    /// File with rows (from 0, one a line) that are only measured.
    pub test_rows: Option<PathBuf>,
    /// Rounding of the native engine.
    pub arithmetic: Arithmetic,
    /// Epochs between checkpoints; by default as often as costs little.
    pub checkpoint_every: Option<NonZeroU32>,
    /// Forget an interrupted run.
    pub restart: bool,
    /// Replace what is there already.
    pub overwrite: bool,
}

impl Options {
    /// Refuses what the engine cannot do.
    ///
    /// # Errors
    /// Says which option to change.
    pub fn check(&self) -> anyhow::Result<()> {
        self.machine.check()?;
        ensure!(
            self.archetypal.is_none() || self.machine.engine == EngineName::Native,
            "--archetypal: only the native engine trains archetypal dictionaries; leave out --engine onnx"
        );
        Ok(())
    }

    /// The trainer's options for so many cells.
    ///
    /// # Errors
    /// If they contradict each other, or a file of the split cannot be read.
    pub fn for_cells(&self, cells: usize) -> anyhow::Result<TrainOptions> {
        let mut options = self.basics.options(cells);
        options.seed = self.seed;
        options.aux_k = self.aux_k;
        options.aux_coefficient = self.aux_coefficient.unwrap_or(options.aux_coefficient);
        options.dead_window = self.dead_window;
        options.schedule = self.schedule;
        options.archetypal = self.archetypal;
        options.clip = self.clip;
        options.early_stop = self.early_stop;
        options.resample = self.resample;
        options.test = match (&self.test_rows, self.test_fraction) {
            (Some(path), _) => Split::Rows(rows(path)?),
            (None, Some(share)) => Split::Fraction(share),
            (None, None) => Split::None,
        };
        options.arithmetic = self.arithmetic;
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
    let text = regular::text(path, regular::LIST).with_context(|| format!("reading {}", path.display()))?;
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
    let file = h5ad::open(path, &h5ad::Options { allow_non_integer: true, ..h5ad::Options::default() })?;
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
