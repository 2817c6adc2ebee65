//! `cellprism sae sweep`: all sizes of a table, one after the other.

use std::{
    fmt::Write,
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

use super::{engine::EngineName, job::Job, memory};
use crate::{
    cli::Global,
    files::{
        embeddings::{self, Embeddings},
        sae,
    },
    runtime::Device,
    work::atomic,
};

/// Options of `sae sweep`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "CONFIG, for example:\n\n  epochs = 400                  # left out: as many as give 4,000 steps, from 20 to 1,400\n  learning_rates = [1e-4, 1e-3] # all are tried; left out: 1e-3\n  seeds = [0]                   # left out: 0\n  batch = 1024                  # left out: 1024\n  sizes = [                     # active left out: concepts / 62.5, at least 3\n    { concepts = 200, active = 3 },\n    { concepts = 500, active = 8, learning_rates = [3e-4] },\n  ]\n\nThe best learning rate of each size (highest R²) is marked with a star. Interrupted, the same command goes on.\n\nExample:\n  cellprism sae sweep --embeddings embeddings.safetensors --config table3.toml --out sweep/"
)]
pub struct Args {
    /// Embeddings (safetensors, tensor "embeddings" [n, d])
    #[arg(long, value_name = "FILE")]
    embeddings: PathBuf,
    /// Sizes, learning rates and seeds (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Folder for one sparse autoencoder a run, table.csv, table.json
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What computes the steps
    #[arg(long, value_enum, default_value_t = EngineName::Native)]
    engine: EngineName,
    /// Where the ONNX engine runs: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu")]
    device: Device,
    /// Threads (0: one a core); the result does not depend on it
    #[arg(long, default_value_t = 0)]
    threads: usize,
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
struct Row {
    #[serde(flatten)]
    metrics: SaeMetricsRow,
    seed: u64,
    r2_cell_sd: f64,
    best: bool,
}

/// Runs the command.
pub fn run(args: &Args, global: &Global) -> anyhow::Result<()> {
    args.engine.check(args.device)?;
    let text =
        fs::read_to_string(&args.config).with_context(|| format!("reading {}", args.config.display()))?;
    let config: Config = toml::from_str(&text).with_context(|| args.config.display().to_string())?;
    let file = embeddings::open(&args.embeddings)?;
    let runs = runs(&config, file.rows).with_context(|| args.config.display().to_string())?;
    ensure!(!runs.is_empty(), "{}: no sizes, learning rates or seeds", args.config.display());
    for options in &runs {
        memory::check(args.engine.memory(options, file.rows, file.columns))?;
    }
    let data = file.read()?;
    fs::create_dir_all(&args.out).with_context(|| format!("making {}", args.out.display()))?;
    let mut rows = Vec::with_capacity(runs.len());
    for (number, options) in runs.iter().enumerate() {
        let name = name(options);
        if !global.quiet {
            eprintln!("{} of {}: {name}", number + 1, runs.len());
        }
        let measured = measured(args, global, &data, options, &args.out.join(&name))?;
        rows.push(row(name, options, &measured));
    }
    mark_best(&mut rows);
    atomic::write_file(&args.out.join("table.csv"), csv(&rows).as_bytes())?;
    atomic::write_file(
        &args.out.join("table.json"),
        (serde_json::to_string_pretty(&rows)? + "\n").as_bytes(),
    )?;
    if global.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        print!("{}", table(&rows));
    }
    Ok(())
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
    args: &Args,
    global: &Global,
    data: &Embeddings,
    options: &TrainOptions,
    out: &Path,
) -> anyhow::Result<Metrics> {
    let job = Job {
        data,
        out,
        options,
        engine: args.engine,
        device: args.device,
        threads: args.threads,
        checkpoint_every: None,
        restart: false,
    };
    Ok(match trained(&job, global)? {
        Some((_, metrics)) => metrics,
        None => metrics::evaluate(&sae::read(out)?, data.values.view()),
    })
}

/// Trains; nothing where exactly this was trained before.
pub fn trained(job: &Job<'_>, global: &Global) -> anyhow::Result<Option<(SaeWeights, Metrics)>> {
    if !job.out.exists() {
        return job.run(global).map(Some);
    }
    let path = job.out.join("training.json");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let record: Value = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
    ensure!(
        record["run"] == job.record(),
        "{}: trained with other options or on other embeddings: choose another --out",
        job.out.display()
    );
    Ok(None)
}

fn name(options: &TrainOptions) -> String {
    let TrainOptions { concepts, active, learning_rate, seed, .. } = options;
    format!("c{concepts}-k{active}-lr{learning_rate:e}-s{seed}")
}

fn row(name: String, options: &TrainOptions, found: &Metrics) -> Row {
    Row {
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

/// Marks the highest R² of each size.
fn mark_best(rows: &mut [Row]) {
    for i in 0..rows.len() {
        let size = |row: &Row| (row.metrics.concepts, row.metrics.active_per_cell);
        let mine = size(&rows[i]);
        let most =
            rows.iter().filter(|row| size(row) == mine).map(|row| row.metrics.r2).fold(f64::MIN, f64::max);
        rows[i].best = rows[i].metrics.r2 == most;
    }
}

/// Table 3 of the paper with all definitions of R², as Markdown.
fn table(rows: &[Row]) -> String {
    let mut out = String::from(
        "| c | k | lr | seed | epochs | R² | R² per dimension | R² scalar mean | sd over cells | active | dead | L0 | sparsity | best |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for Row { metrics: m, seed, r2_cell_sd, best } in rows {
        let star = if *best { "*" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| {} | {} | {:e} | {seed} | {} | {:.4} | {:.4} | {:.4} | {r2_cell_sd:.4} | {} | {} | {:.2} | {:.4} | {star} |",
            m.concepts,
            m.active_per_cell,
            m.learning_rate,
            m.epochs,
            m.r2,
            m.r2_per_dimension,
            m.r2_scalar_mean,
            m.active,
            m.dead,
            m.l0,
            m.sparsity
        );
    }
    out
}

fn csv(rows: &[Row]) -> String {
    let mut out = String::from(
        "concepts,active_per_cell,learning_rate,seed,epochs,r2,r2_per_dimension,r2_scalar_mean,r2_cell_sd,active,dead,l0,sparsity,best\n",
    );
    for Row { metrics: m, seed, r2_cell_sd, best } in rows {
        let _ = writeln!(
            out,
            "{},{},{},{seed},{},{},{},{},{r2_cell_sd},{},{},{},{},{best}",
            m.concepts,
            m.active_per_cell,
            m.learning_rate,
            m.epochs,
            m.r2,
            m.r2_per_dimension,
            m.r2_scalar_mean,
            m.active,
            m.dead,
            m.l0,
            m.sparsity
        );
    }
    out
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
