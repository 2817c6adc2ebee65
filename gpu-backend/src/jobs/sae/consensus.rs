//! `sae consensus`: the concepts that come back from other seeds.

use std::{fmt::Write, path::PathBuf};

use anyhow::{Context, ensure};
use cellprism_core::limits;
use cellprism_core::sae::{
    SaeWeights,
    consensus::{Recurrence, consensus, reduced},
    matching::{Null95, null},
    metrics,
    train::Archetypal,
};
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::{Basics, EngineName, Machine, Training, matching::null_cells, size};
use crate::{
    files::{embeddings, sae},
    work::{atomic, memory, output::OutputFolder, progress::Progress, target},
};

/// What is trained and compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Embeddings, size and pace.
    pub basics: Basics,
    /// Folder to write.
    pub out: PathBuf,
    /// Seeds; the concepts are those of the first.
    pub seeds: Vec<u64>,
    /// Keep concepts found in so many dictionaries, their own included; more than half where not given.
    pub at_least: Option<u32>,
    /// Least cosine at which two concepts are the same; the highest 95 % point of the nulls where not given.
    pub cosine: Option<f32>,
    /// Dictionary rows as mixtures of cells.
    pub archetypal: Option<Archetypal>,
    /// Threads, 0: one a core.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            basics: Basics::default(),
            out: PathBuf::new(),
            seeds: (0..5).collect(),
            at_least: None,
            cosine: None,
            archetypal: None,
            threads: 0,
        }
    }
}

/// What came back.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Concepts of the first dictionary that are alive.
    pub alive: usize,
    /// Dictionaries in which a kept concept is found.
    pub at_least: u32,
    /// Concepts of a dictionary (c).
    pub concepts: usize,
    /// Least cosine at which two concepts are the same.
    pub cosine: f32,
    /// Concepts found in one dictionary, in two, …
    pub found_in: Vec<usize>,
    /// Concepts that are kept.
    pub kept: usize,
    /// Over all concepts that are alive.
    pub mean_cosine: f64,
    /// What matches of the first dictionary with each other one reach by chance.
    pub null: Vec<Null95>,
    /// R² of the first dictionary.
    pub r2: f64,
    /// R² of the kept concepts.
    pub r2_of_kept: f64,
    /// Every concept of the first dictionary.
    pub recurrence: Vec<Recurrence>,
    /// Seeds.
    pub seeds: Vec<u64>,
}

/// Trains one dictionary a seed and writes the concepts that come back.
///
/// # Errors
/// If the options make no sense, embeddings cannot be read, training diverges, or no concept comes back.
pub fn run(options: &Options, progress: &dyn Progress) -> anyhow::Result<Report> {
    let asked = options;
    let seeds = asked.seeds.len() as u32;
    let at_least = asked.at_least.unwrap_or(seeds / 2 + 1);
    check(asked, at_least)?;
    target::for_folder(&asked.out)?;
    target::can_be_written(&asked.out)?;
    let file = embeddings::open(&asked.basics.embeddings)?;
    let mut basics = asked.basics.clone();
    let mut read = None;
    if basics.concepts == 0 {
        let data = read.insert(embeddings::read(&basics.embeddings)?);
        size::settle(&mut basics, asked.seeds[0], data.values.view(), progress)?;
    }
    let mut options = basics.options(file.rows);
    options.archetypal = asked.archetypal;
    options.validate()?;
    // Besides one training, the dictionaries of all seeds and the cosines of two.
    let (c, d) = (options.concepts as u64, file.columns as u64);
    let kept_in_memory = 8 * c * d * u64::from(seeds) + 8 * c * c;
    memory::check(
        EngineName::Native.memory(&options, file.rows, file.columns).saturating_add(kept_in_memory),
    )?;
    let data = match read {
        Some(data) => data,
        None => file.read()?,
    };
    let machine = Machine::native(asked.threads);
    let mut dictionaries = Vec::with_capacity(asked.seeds.len());
    for (number, &seed) in asked.seeds.iter().enumerate() {
        progress.say(&format!("{} of {seeds}: seed {seed}", number + 1));
        options.seed = seed;
        let out = asked.out.join(format!("seed-{seed}"));
        let training = Training {
            data: &data,
            out: &out,
            options: &options,
            machine: &machine,
            checkpoint_every: None,
            restart: false,
            overwrite: false,
        };
        dictionaries.push(match training.run_once(progress)? {
            Some((weights, _)) => weights,
            None => sae::read(&out)?,
        });
    }
    let (first, others) = dictionaries.split_first().context("no seed")?;
    let nulls = nulls(first, others, data.values.view(), asked.seeds[0])?;
    let by_chance = nulls.iter().map(|null| null.p95).max_by(f32::total_cmp);
    let cosine = asked.cosine.or(by_chance).context("no concept is alive: there is nothing to compare")?;
    let found = consensus(first, others, cosine)?;
    let kept: Vec<_> = found.iter().filter(|r| r.found >= at_least).map(|r| r.concept).collect();
    let r2_of = |weights| metrics::evaluate(weights, data.values.view()).r2;
    let mut small =
        reduced(first, &kept).with_context(|| format!("--at-least {at_least}, --cosine {cosine}"))?;
    small.note_origin(data.values.view(), data.model())?;
    let report = Report {
        alive: found.len(),
        at_least,
        concepts: options.concepts,
        cosine,
        found_in: (1..=seeds).map(|times| found.iter().filter(|r| r.found == times).count()).collect(),
        kept: kept.len(),
        mean_cosine: found.iter().map(|r| r.mean_cosine).sum::<f64>() / found.len().max(1) as f64,
        null: nulls,
        r2: r2_of(first),
        r2_of_kept: r2_of(&small),
        recurrence: found,
        seeds: asked.seeds.clone(),
    };
    atomic::write_file(&asked.out.join("consensus.json"), report.to_json()?.as_bytes())?;
    atomic::write_file(&asked.out.join("consensus.csv"), csv(&report.recurrence, &asked.seeds).as_bytes())?;
    let folder = asked.out.join("sae");
    let place = || format!("writing {}", folder.display());
    let new = OutputFolder::replace(&folder).with_context(place)?;
    sae::write(new.path(), &small)?;
    new.finish().with_context(place)?;
    Ok(report)
}

/// What matches of the first dictionary with each other one reach by chance.
fn nulls(
    first: &SaeWeights,
    others: &[SaeWeights],
    cells: ArrayView2<'_, f32>,
    seed: u64,
) -> anyhow::Result<Vec<Null95>> {
    let seen = null_cells(cells, seed);
    let mut found = Vec::new();
    for other in others {
        found.extend(null(first, other, Some(seen.view()), seed)?.map(|null| null.directions));
    }
    Ok(found)
}

fn check(options: &Options, at_least: u32) -> anyhow::Result<()> {
    let seeds = options.seeds.len() as u32;
    limits::SEEDS.check("the number of --seeds", options.seeds.len())?;
    limits::THREADS.check("--threads", options.threads)?;
    let mut sorted = options.seeds.clone();
    sorted.sort_unstable();
    sorted.dedup();
    ensure!(sorted.len() == options.seeds.len(), "--seeds: a seed is given twice");
    ensure!((1..=seeds).contains(&at_least), "--at-least {at_least}: from 1 to the {seeds} seeds");
    if let Some(cosine) = options.cosine {
        ensure!(cosine > 0.0 && cosine <= 1.0, "--cosine {cosine}: above 0, up to 1");
    }
    Ok(())
}

impl Report {
    /// The content of `consensus.json`.
    ///
    /// # Errors
    /// If a number cannot be written.
    pub fn to_json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(&serde_json::to_value(self)?)? + "\n")
    }
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
