//! `cellprism sae consensus`: the concepts that come back from other seeds.

use std::{fmt::Write, fs, path::PathBuf};

use anyhow::{Context, ensure};
use cellprism_core::sae::{
    SaeWeights,
    consensus::{Recurrence, consensus, reduced},
    matching::{Null95, null},
    metrics,
};
use ndarray::Array2;
use serde_json::json;

use super::{
    archetypal, basics::Basics, engine::EngineName, job::Job, matching::null_cells, memory, sweep::trained,
};
use crate::{
    cli::Global,
    files::{embeddings, sae},
    runtime::Device,
    work::atomic::{self, OutputFolder},
};

/// Options of `sae consensus`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Trains one dictionary a seed, pairs the concepts of the first with those of each other one (Hungarian method on\ncosines, concepts that are alive), and keeps those found in at least so many of them. Two concepts are the same where\ntheir cosine is above what 95 % of the matches with random directions reach that have the embeddings' covariance, the\nhighest over the seeds. Interrupted, the same command goes on.\n\nExample:\n  cellprism sae consensus --embeddings embeddings.safetensors --concepts 60 --seeds 0,1,2,3,4 --at-least 3 --out consensus/"
)]
pub struct Args {
    #[command(flatten)]
    basics: Basics,
    /// Folder for seed-N (one sparse autoencoder a seed), sae (the kept concepts), consensus.json, consensus.csv
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Seeds; the concepts are those of the first
    #[arg(long, value_delimiter = ',', default_values_t = [0, 1, 2, 3, 4])]
    seeds: Vec<u64>,
    /// Keep concepts found in so many dictionaries, their own included (default: more than half)
    #[arg(long, value_name = "N")]
    at_least: Option<u32>,
    /// Least cosine at which two concepts are the same (default: the 95 % point of matches with random directions)
    #[arg(long)]
    cosine: Option<f32>,
    #[command(flatten)]
    archetypal: archetypal::Options,
    /// Threads (0: one a core); the result does not depend on it
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

/// Runs the command.
pub fn run(args: &Args, global: &Global) -> anyhow::Result<()> {
    let seeds = args.seeds.len() as u32;
    let at_least = args.at_least.unwrap_or(seeds / 2 + 1);
    ensure!(seeds > 1, "--seeds: at least two are needed");
    let mut sorted = args.seeds.clone();
    sorted.sort_unstable();
    sorted.dedup();
    ensure!(sorted.len() == args.seeds.len(), "--seeds: a seed is given twice");
    ensure!((1..=seeds).contains(&at_least), "--at-least {at_least}: from 1 to the {seeds} seeds");
    if let Some(cosine) = args.cosine {
        ensure!(cosine > 0.0 && cosine <= 1.0, "--cosine {cosine}: above 0, up to 1");
    }
    let file = embeddings::open(&args.basics.embeddings)?;
    let mut options = args.basics.options(file.rows);
    options.archetypal = args.archetypal.get();
    options.validate()?;
    // Besides one training, the dictionaries of all seeds and the cosines of two.
    let (c, d) = (options.concepts as u64, file.columns as u64);
    let kept_in_memory = 8 * c * d * u64::from(seeds) + 8 * c * c;
    memory::check(
        EngineName::Native.memory(&options, file.rows, file.columns).saturating_add(kept_in_memory),
    )?;
    let data = file.read()?;
    fs::create_dir_all(&args.out).with_context(|| format!("making {}", args.out.display()))?;
    let mut dictionaries = Vec::with_capacity(args.seeds.len());
    for (number, &seed) in args.seeds.iter().enumerate() {
        if !global.quiet {
            eprintln!("{} of {seeds}: seed {seed}", number + 1);
        }
        options.seed = seed;
        let out = args.out.join(format!("seed-{seed}"));
        let job = Job {
            data: &data,
            out: &out,
            options: &options,
            engine: EngineName::Native,
            device: Device::Cpu,
            threads: args.threads,
            checkpoint_every: None,
            restart: false,
        };
        dictionaries.push(match trained(&job, global)? {
            Some((weights, _)) => weights,
            None => sae::read(&out)?,
        });
    }
    let (first, others) = dictionaries.split_first().context("no seed")?;
    let nulls = nulls(first, others, &data.values, args.seeds[0])?;
    let by_chance = nulls.iter().map(|null| null.p95).max_by(f32::total_cmp);
    let cosine = args.cosine.or(by_chance).context("no concept is alive: there is nothing to compare")?;
    let found = consensus(first, others, cosine)?;
    let kept: Vec<_> = found.iter().filter(|r| r.found >= at_least).map(|r| r.concept).collect();
    let metrics_of = |weights| metrics::evaluate(weights, data.values.view());
    let before = metrics_of(first);
    let mut small =
        reduced(first, &kept).with_context(|| format!("--at-least {at_least}, --cosine {cosine}"))?;
    small.note_origin(data.values.view(), data.model())?;
    let after = metrics_of(&small);
    let report = json!({
        "seeds": args.seeds, "cosine": cosine, "at_least": at_least,
        "null": nulls, "concepts": options.concepts, "alive": found.len(), "kept": kept.len(),
        "mean_cosine": found.iter().map(|r| r.mean_cosine).sum::<f64>() / found.len().max(1) as f64,
        "found_in": histogram(&found, seeds), "r2": before.r2, "r2_of_kept": after.r2,
        "recurrence": found,
    });
    let text = serde_json::to_string_pretty(&report)? + "\n";
    atomic::write_file(&args.out.join("consensus.json"), text.as_bytes())?;
    atomic::write_file(&args.out.join("consensus.csv"), csv(&found, &args.seeds).as_bytes())?;
    let folder = args.out.join("sae");
    let place = || format!("writing {}", folder.display());
    let new = OutputFolder::replace(&folder).with_context(place)?;
    sae::write(new.path(), &small)?;
    new.finish().with_context(place)?;
    if global.json {
        print!("{text}");
    } else {
        println!("| found in | concepts |\n| --- | --- |");
        for (times, concepts) in histogram(&found, seeds).iter().enumerate() {
            println!("| {} of {seeds} | {concepts} |", times + 1);
        }
        let r2 = after.r2;
        eprintln!(
            "{}: {} of {} concepts that are alive, found with cosine {cosine:.4} in at least {at_least} of {seeds} dictionaries; R² {:.4} of all, {r2:.4} of these",
            folder.display(),
            kept.len(),
            found.len(),
            before.r2
        );
    }
    Ok(())
}

/// What matches of the first dictionary with each other one reach by chance.
fn nulls(
    first: &SaeWeights,
    others: &[SaeWeights],
    cells: &Array2<f32>,
    seed: u64,
) -> anyhow::Result<Vec<Null95>> {
    let seen = null_cells(cells, seed);
    let mut found = Vec::new();
    for other in others {
        found.extend(null(first, other, Some(seen.view()), seed)?.map(|null| null.directions));
    }
    Ok(found)
}

/// Concepts found in one dictionary, in two, …
fn histogram(found: &[Recurrence], seeds: u32) -> Vec<usize> {
    (1..=seeds).map(|times| found.iter().filter(|r| r.found == times).count()).collect()
}

fn csv(found: &[Recurrence], seeds: &[u64]) -> String {
    let mut out = String::from("concept,found,mean_cosine,least_cosine");
    for seed in seeds.iter().skip(1) {
        let _ = write!(out, ",partner_seed_{seed},cosine_seed_{seed}");
    }
    out.push('\n');
    for r in found {
        let _ = write!(out, "{},{},{},{}", r.concept.0, r.found, r.mean_cosine, r.least_cosine);
        for partner in &r.partners {
            let _ = match partner {
                Some((concept, cosine)) => write!(out, ",{},{cosine}", concept.0),
                None => write!(out, ",,"),
            };
        }
        out.push('\n');
    }
    out
}
