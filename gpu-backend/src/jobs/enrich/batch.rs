//! `--rankings`: thousands of rankings of one gene list, with the same permutations for all of them.
//!
//! Finished parts lie in `OUT.partial` until the last one is there; the command, given again, goes on after them.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use cellprism_core::{
    bundle::{Tensors, read_f32, read_f64},
    gsea::{Convention, Deck, Matched, MatchedSet, Order, PrerankOptions, Ranking, deck, prerank_with},
};
use rayon::prelude::*;
use safetensors::SafeTensors;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    Args, Clock, Options, SortOrder,
    chance::{Labelling, MeanCounts},
    matched,
    names::Names,
    read_libraries,
    table::parameters,
};
use crate::work::{key::Key, partial::Partial, progress::Progress, regular, target};

/// Rankings of one part.
const PART: usize = 32;
/// 2 GB of kept places in short rankings, and twice as much in long ones.
const MOST_PLACES: usize = 1_000_000_000;
/// Columns of the result, `[rankings, sets]` each.
const COLUMNS: [&str; 5] = ["es", "nes", "p", "fdr", "fwer"];

/// Rankings as a matrix.
struct Rankings {
    genes: Vec<String>,
    /// Row-major `[rankings][genes]`.
    scores: Vec<f32>,
    /// `[rankings][genes]`, `[genes]`, or nothing.
    mean_counts: Vec<f32>,
    sha256: String,
}

/// Runs all rankings of `path`.
///
/// # Errors
/// If a file cannot be read or written, or another run writes the same output.
pub fn run(
    options: &Options,
    path: &Path,
    mut names: Names,
    progress: &dyn Progress,
) -> anyhow::Result<Value> {
    let args = options;
    ensure!(
        args.convention == Convention::Gseapy
            && args.order == SortOrder::Descending
            && !args.over_representation,
        "--rankings goes with the convention gseapy, highest score first"
    );
    target::no_input(&options.out, &options.inputs())?;
    target::for_file(&options.out)?;
    let mut clock = Clock::start();
    let mut rankings = read(path, &args.tensor)?;
    names.rename_ranking(&mut rankings.genes);
    let genes = rankings.genes.len();
    ensure!(
        genes.saturating_mul(args.permutations as usize) <= MOST_PLACES,
        "{genes} genes × {} permutations are too many to keep: lower --permutations",
        args.permutations
    );
    let sets = names.rename_sets(read_libraries(&args.gene_sets)?);
    let args = &Args { options, renamed: names.line() };
    let list = Ranking::ordered(rankings.genes.clone(), vec![0.0; genes], Order::Given)
        .with_context(|| path.display().to_string())?;
    ensure!(list.genes() == rankings.genes, "{}: a gene is named twice", path.display());
    let matched = matched(args, &list, &sets)?;
    ensure!(matched.distinct == genes, "{}: two genes have one name in upper case", path.display());
    let options =
        PrerankOptions { permutations: args.permutations as usize, seed: args.seed, weight: args.weight };
    let reading = clock.lap();
    let key = key(args, &rankings, &matched);
    let parts = Parts { partial: Partial::open(&args.out, "enrich", &key, progress)? };
    let count = rankings.scores.len() / genes;
    let deck = deck(genes, &options);
    super::with_threads(args.threads, || compute(&rankings, &matched, &deck, &options, &parts, progress))??;
    let computing = clock.lap();
    let mut file = parts.gather(count, matched.sets.len(), |file| {
        let terms: Vec<&str> = matched.sets.iter().map(|set| set.term.as_str()).collect();
        let sizes: Vec<usize> = matched.sets.iter().map(|set| set.size).collect();
        file.metadata("terms", json!(terms).to_string());
        file.metadata("sizes", json!(sizes).to_string());
        file.metadata("parameters", parameters(args, &list, &matched).join("\n"));
    })?;
    if args.chance {
        let rows: Vec<&[f32]> = rankings.scores.chunks(genes).collect();
        let counts = MeanCounts::new(&rankings.mean_counts, rows.len(), genes)?;
        let labelling = Labelling::new(args, &matched, &rankings.genes, &deck);
        super::with_threads(args.threads, || labelling.add(&rows, &counts, &mut file, progress))??;
    }
    parts.partial.publish_file(&file.to_bytes()?)?;
    Ok(json!({
        "rankings": count, "tested": matched.sets.len(), "genes": genes,
        "seconds": {"reading": reading, "computing": computing, "writing": clock.lap()},
    }))
}

fn read(path: &Path, tensor: &str) -> anyhow::Result<Rankings> {
    let bytes =
        regular::read(path, regular::TENSORS).with_context(|| format!("cannot read {}", path.display()))?;
    let place = || path.display().to_string();
    let (_, header) = SafeTensors::read_metadata(&bytes).with_context(place)?;
    let names = header.metadata().as_ref().and_then(|metadata| metadata.get("genes"));
    let names = names.with_context(|| format!("{}: no list of \"genes\" in its metadata", place()))?;
    let genes: Vec<String> =
        serde_json::from_str(names).with_context(|| format!("{}: metadata \"genes\"", place()))?;
    let file = SafeTensors::deserialize(&bytes).with_context(place)?;
    let (shape, scores) = read_f32(&file, tensor).with_context(place)?;
    if shape.len() != 2 || shape[1] != genes.len() || shape[0] == 0 {
        bail!("{}: tensor {tensor:?} is {shape:?}, expected [rankings, {} genes]", place(), genes.len());
    }
    if let Some(at) = scores.iter().position(|score| !score.is_finite()) {
        let (row, gene) = (at / genes.len(), &genes[at % genes.len()]);
        bail!("{}: tensor {tensor:?}, row {row}, gene {gene}: {} is no score", place(), scores[at]);
    }
    let mean_counts = read_f32(&file, "mean_counts").map(|found| found.1).unwrap_or_default();
    Ok(Rankings { genes, scores, mean_counts, sha256: format!("{:x}", Sha256::digest(&bytes)) })
}

/// Everything that decides the numbers.
fn key(options: &Options, rankings: &Rankings, matched: &Matched) -> Key {
    let mut sets = Sha256::new();
    for set in &matched.sets {
        sets.update(set.term.as_bytes());
        sets.update(json!(set.hits).to_string());
    }
    Key::default()
        .with("cellprism", env!("CARGO_PKG_VERSION"))
        .with("rankings", &rankings.sha256)
        .with("tensor", &options.tensor)
        .with("gene sets", format!("{:x}", sets.finalize()))
        .with("permutations", options.permutations)
        .with("seed", options.seed)
        .with("weight", options.weight)
}

fn compute(
    rankings: &Rankings,
    matched: &Matched,
    deck: &Deck,
    options: &PrerankOptions,
    parts: &Parts,
    progress: &dyn Progress,
) -> anyhow::Result<()> {
    let genes = rankings.genes.len();
    let rows: Vec<&[f32]> = rankings.scores.chunks(genes).collect();
    let steps = progress.begin("enrich", rows.len() as u64, "rankings");
    for (number, rows) in rows.chunks(PART).enumerate() {
        if parts.columns(number, rows.len() * matched.sets.len()).is_none() {
            let found: Vec<[Vec<f64>; 5]> =
                rows.par_iter().map(|scores| one(scores, matched, deck, options.weight)).collect();
            let mut file = Tensors::default();
            for (i, column) in COLUMNS.iter().enumerate() {
                let values = found.iter().flat_map(|row| row[i].iter().copied());
                file.f64(column, &[rows.len(), matched.sets.len()], values);
            }
            parts.partial.put(&Parts::name(number), &file.to_bytes()?)?;
        }
        steps.advance(rows.len() as u64);
    }
    steps.finish();
    Ok(())
}

/// One ranking: its columns in the order of the sets.
fn one(scores: &[f32], matched: &Matched, deck: &Deck, weight: f64) -> [Vec<f64>; 5] {
    let mut order: Vec<u32> = (0..scores.len() as u32).collect();
    // As `Ranking` sorts: 0 and −0 are equal, equal scores keep the order of the gene list.
    let score = |gene: u32| f64::from(scores[gene as usize]) + 0.0;
    order.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
    let mut place = vec![0u32; order.len()];
    order.iter().enumerate().for_each(|(i, &gene)| place[gene as usize] = i as u32);
    let sets: Vec<MatchedSet> = matched
        .sets
        .iter()
        .map(|set| {
            let mut hits: Vec<u32> = set.hits.iter().map(|&gene| place[gene as usize]).collect();
            hits.sort_unstable();
            MatchedSet { term: set.term.clone(), size: set.size, hits }
        })
        .collect();
    let sorted: Vec<f64> = order.iter().map(|&gene| f64::from(scores[gene as usize])).collect();
    let found = prerank_with(deck, &sorted, &sets, weight).sets;
    [
        found.iter().map(|s| s.es).collect(),
        found.iter().map(|s| s.nes).collect(),
        found.iter().map(|s| s.p).collect(),
        found.iter().map(|s| s.fdr).collect(),
        found.iter().map(|s| s.fwer).collect(),
    ]
}

/// Finished parts of a run.
struct Parts {
    partial: Partial,
}

impl Parts {
    fn name(number: usize) -> String {
        format!("{number:05}.safetensors")
    }

    /// The columns of a part, if it is there and whole.
    fn columns(&self, number: usize, values: usize) -> Option<[Vec<f64>; 5]> {
        let bytes = self.partial.get(&Self::name(number))?;
        let file = SafeTensors::deserialize(&bytes).ok()?;
        let mut columns: [Vec<f64>; 5] = Default::default();
        for (column, name) in columns.iter_mut().zip(COLUMNS) {
            *column = read_f64(&file, name).ok()?.1;
        }
        columns.iter().all(|column| column.len() == values).then_some(columns)
    }

    /// All parts as one file.
    fn gather(
        &self,
        rankings: usize,
        sets: usize,
        about: impl FnOnce(&mut Tensors),
    ) -> anyhow::Result<Tensors> {
        let mut columns: [Vec<f64>; 5] = Default::default();
        for number in 0..rankings.div_ceil(PART) {
            let values = PART.min(rankings - number * PART) * sets;
            let part = self.columns(number, values).context("a finished part has disappeared")?;
            columns.iter_mut().zip(part).for_each(|(column, part)| column.extend(part));
        }
        let mut file = Tensors::default();
        about(&mut file);
        for (values, name) in columns.into_iter().zip(COLUMNS) {
            file.f64(name, &[rankings, sets], values);
        }
        Ok(file)
    }
}
