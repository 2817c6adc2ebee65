//! `sae sweep`: all sizes of a table on one or several sets of cells, one after the other (Table 3), with the classes of the
//! concepts and the sizes of their gene sets where cells and a model are given (Figure 2).

mod dataset;
mod figure;
mod read_as;
mod table;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use cellprism_core::{
    bundle::SaeMetricsRow,
    sae::{
        SaeWeights,
        metrics::{self, Metrics},
        size::active_by_default,
        train::{LEARNING_RATE, TrainOptions, default_epochs},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use read_as::Divided;
pub use table::markdown;

use super::{Machine, Training};
use crate::{
    files::{
        embeddings::{self, Embeddings},
        sae,
    },
    work::{atomic, memory, progress::Progress, regular, target},
};

/// What is trained.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Embeddings (safetensors, tensor "embeddings" `[n, d]`), a file for each set of cells.
    pub embeddings: Vec<PathBuf>,
    /// The same cells (.h5ad), in the same order of files: their metadata divide concepts into classes.
    pub cells: Vec<PathBuf>,
    /// Columns of metadata for that; the first two that have several labels where none is named.
    pub columns: Vec<String>,
    /// Model folder: with it, genes are scored, and counted.
    pub model: Option<PathBuf>,
    /// Sizes, learning rates and seeds (TOML).
    pub config: PathBuf,
    /// Folder for one sparse autoencoder a run, and the tables.
    pub out: PathBuf,
    /// What computes the steps, and where.
    pub machine: Machine,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    epochs: Option<u32>,
    batch: Option<usize>,
    #[serde(default = "usual_rate")]
    learning_rates: Vec<f64>,
    #[serde(default = "first_seed")]
    seeds: Vec<u64>,
    sizes: Vec<Size>,
}

fn usual_rate() -> Vec<f64> {
    vec![LEARNING_RATE]
}

fn first_seed() -> Vec<u64> {
    vec![0]
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Size {
    concepts: usize,
    active: Option<usize>,
    epochs: Option<u32>,
    learning_rates: Option<Vec<f64>>,
}

/// One run of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The embeddings' file.
    pub dataset: String,
    /// Size, pace, and what was measured.
    #[serde(flatten)]
    pub metrics: SaeMetricsRow,
    /// Seed of the training.
    pub seed: u64,
    /// Standard deviation of R² over cells.
    pub r2_cell_sd: f64,
    /// Whether its R² is the highest of its size.
    pub best: bool,
}

/// Trains every size on every set of cells, writes the tables, and returns the rows of Table 3.
///
/// # Errors
/// If the table cannot be read or makes no sense, embeddings or cells cannot be read or do not fit, or training diverges.
pub fn run(options: &Options, progress: &dyn Progress) -> anyhow::Result<Vec<Row>> {
    let asked = options;
    asked.machine.check()?;
    let place = || asked.config.display().to_string();
    let text =
        regular::text(&asked.config, regular::SETTINGS).with_context(|| format!("reading {}", place()))?;
    let config: Config = toml::from_str(&text).with_context(place)?;
    target::for_folder(&asked.out)?;
    target::can_be_written(&asked.out)?;
    let sets = dataset::all(asked)?;
    let mut plan = Vec::new();
    for set in &sets {
        let file = embeddings::open(&set.embeddings)?;
        let runs = runs(&config, file.rows).with_context(place)?;
        ensure!(!runs.is_empty(), "{}: no sizes, learning rates or seeds", place());
        for options in &runs {
            memory::check(asked.machine.engine.memory(options, file.rows, file.columns))?;
        }
        plan.push((set, runs));
    }
    fs::create_dir_all(&asked.out).with_context(|| format!("making {}", asked.out.display()))?;
    let all: usize = plan.iter().map(|(_, runs)| runs.len()).sum();
    let (mut rows, mut divided) = (Vec::with_capacity(all), Vec::new());
    for (set, runs) in &plan {
        let data = embeddings::open(&set.embeddings)?.read()?;
        let columns = set.columns(&data, &asked.columns)?;
        for options in runs {
            let name = name(options);
            progress.say(&format!("{} of {all}: {} {name}", rows.len() + 1, set.name));
            let out = set.folder(asked, &name);
            let measured = measured(asked, &data, options, &out, progress)?;
            rows.push(row(&set.name, name, options, &measured));
            divided.extend(read_as::classes(rows.last(), &sae::read(&out)?, &data, &columns));
            if let (Some(model), Some(cells)) = (&asked.model, &set.cells) {
                divided.push(read_as::gene_sets(rows.last(), model, cells, &out, asked, progress)?);
            }
        }
    }
    mark_best(&mut rows);
    let divided: Vec<Divided> = divided.into_iter().flatten().collect();
    let json = serde_json::to_string_pretty(&rows)? + "\n";
    for (name, content) in [
        ("table.csv", table::csv(&rows)),
        ("table.json", json),
        ("classes.csv", table::divided("class", divided.iter().filter(|row| row.column.is_some()))),
        ("gene_set_sizes.csv", table::divided("size", divided.iter().filter(|row| row.column.is_none()))),
        ("sweep.svg", figure::svg(&rows, &divided)?),
    ] {
        // A table of nothing would say that there is nothing.
        if content.lines().count() > 1 {
            atomic::write_file(&asked.out.join(name), content.as_bytes())?;
        }
    }
    Ok(rows)
}

/// Options of every run, all checked before the first starts.
fn runs(config: &Config, cells: usize) -> anyhow::Result<Vec<TrainOptions>> {
    let mut runs = Vec::new();
    for size in &config.sizes {
        for &learning_rate in size.learning_rates.as_ref().unwrap_or(&config.learning_rates) {
            for &seed in &config.seeds {
                let active = size.active.unwrap_or_else(|| active_by_default(size.concepts));
                let mut options = TrainOptions::new(size.concepts, active, 1);
                options.batch = config.batch.unwrap_or(options.batch);
                options.epochs =
                    size.epochs.or(config.epochs).unwrap_or_else(|| default_epochs(cells, options.batch));
                options.learning_rate = learning_rate;
                options.seed = seed;
                options.validate()?;
                runs.push(options);
            }
        }
    }
    Ok(runs)
}

/// Metrics of a run: of one that is done already, or after training.
fn measured(
    asked: &Options,
    data: &Embeddings,
    options: &TrainOptions,
    out: &Path,
    progress: &dyn Progress,
) -> anyhow::Result<Metrics> {
    let training = Training {
        data,
        out,
        options,
        machine: &asked.machine,
        checkpoint_every: None,
        restart: false,
        overwrite: false,
    };
    Ok(match training.run_once(progress)? {
        Some((_, metrics)) => metrics,
        None => metrics::evaluate(&sae::read(out)?, data.values.view()),
    })
}

impl Training<'_> {
    /// Trains; nothing where exactly this was trained before.
    ///
    /// # Errors
    /// As [`Training::run`], and if something else was trained there.
    pub fn run_once(&self, progress: &dyn Progress) -> anyhow::Result<Option<(SaeWeights, Metrics)>> {
        if !self.out.exists() {
            return self.run(progress).map(Some);
        }
        let path = self.out.join("training.json");
        let text =
            regular::text(&path, regular::LIST).with_context(|| format!("reading {}", path.display()))?;
        let record: Value = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        ensure!(
            record["run"] == self.record(),
            "{}: trained with other options or on other embeddings: choose another --out",
            self.out.display()
        );
        Ok(None)
    }
}

fn name(options: &TrainOptions) -> String {
    let TrainOptions { concepts, active, learning_rate, seed, .. } = options;
    format!("c{concepts}-k{active}-lr{learning_rate:e}-s{seed}")
}

fn row(dataset: &str, name: String, options: &TrainOptions, found: &Metrics) -> Row {
    Row {
        dataset: dataset.to_owned(),
        metrics: SaeMetricsRow {
            name,
            concepts: options.concepts as u32,
            active_per_cell: options.active as u32,
            learning_rate: options.learning_rate,
            epochs: options.epochs,
            r2: found.r2,
            r2_per_dimension: found.r2_per_dimension,
            r2_scalar_mean: found.r2_scalar_mean,
            active: found.active as u32,
            dead: found.dead as u32,
            l0: found.l0,
            sparsity: found.sparsity,
        },
        seed: options.seed,
        r2_cell_sd: found.r2_cell_sd,
        best: false,
    }
}

/// Marks the highest R² of each size on each set of cells.
fn mark_best(rows: &mut [Row]) {
    for i in 0..rows.len() {
        let size = |row: &Row| (row.dataset.clone(), row.metrics.concepts, row.metrics.active_per_cell);
        let mine = size(&rows[i]);
        let most =
            rows.iter().filter(|row| size(row) == mine).map(|row| row.metrics.r2).fold(f64::MIN, f64::max);
        rows[i].best = rows[i].metrics.r2 == most;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_becomes_runs() {
        let text = "learning_rates = [1e-4, 5e-4]\nseeds = [0, 1]\nepochs = 30\n\
                    sizes = [{ concepts = 200, active = 3 }, { concepts = 500, active = 8, learning_rates = [3e-4] }]";
        let config: Config = toml::from_str(text).unwrap();
        let names: Vec<String> = runs(&config, 5000).unwrap().iter().map(name).collect();
        assert_eq!(
            names,
            [
                "c200-k3-lr1e-4-s0",
                "c200-k3-lr1e-4-s1",
                "c200-k3-lr5e-4-s0",
                "c200-k3-lr5e-4-s1",
                "c500-k8-lr3e-4-s0",
                "c500-k8-lr3e-4-s1"
            ]
        );
        let bad: Config =
            toml::from_str("learning_rates = [2.0]\nsizes = [{ concepts = 9, active = 3 }]").unwrap();
        assert!(runs(&bad, 100).unwrap_err().to_string().contains("learning-rate"));
        let short: Config = toml::from_str("sizes = [{ concepts = 250 }]").unwrap();
        let names: Vec<String> = runs(&short, 5000).unwrap().iter().map(name).collect();
        assert_eq!(names, ["c250-k4-lr1e-3-s0"]);
        assert!(toml::from_str::<Config>("learning_rate = [1e-4]\nsizes = []").is_err());
    }
}
