//! `cellprism sae match`.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use cellprism_core::sae::{
    SaeWeights,
    matching::{Null, Pair, Shape, correlations, match_dictionaries, null},
};
use ndarray::{Array2, Axis};
use serde_json::{Value, json};

use crate::{
    cli::Global,
    files::{embeddings, sae},
};

/// Options of `sae match`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Pairs maximise the sum of cosines (Hungarian method) over the concepts that are alive: a dictionary that cellprism\ntrained says which are; of others all count. A match is stable where its cosine is above the 95 % point of a null:\none dictionary is replaced by random directions, as many, and matched in the same way. With --embeddings the random\ndirections have the embeddings' covariance, random cells are told as well, and each pair has the correlation of its\nactivations; without, they are equally likely everywhere, which is easier to exceed.\n\nExample:\n  cellprism sae match --left seed0/ --right seed1/ --embeddings embeddings.safetensors --json"
)]
pub struct Args {
    /// One sparse autoencoder
    #[arg(long, value_name = "DIR")]
    left: PathBuf,
    /// Another, of embeddings of the same size and model
    #[arg(long, value_name = "DIR")]
    right: PathBuf,
    /// Embeddings of shared cells (safetensors, tensor "embeddings" [n, d])
    #[arg(long, value_name = "FILE")]
    embeddings: Option<PathBuf>,
    /// Seed of the random dictionaries
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Runs the command.
pub fn run(args: &Args, global: &Global) -> anyhow::Result<()> {
    let (left, right) = (sae::read(&args.left)?, sae::read(&args.right)?);
    let place = || format!("{} and {}", args.left.display(), args.right.display());
    let pairs = match_dictionaries(&left, &right).with_context(place)?;
    let cells = args.embeddings.as_deref().map(|path| read_cells(path, [&left, &right])).transpose()?;
    let seen = cells.as_ref().map(|cells| null_cells(cells, args.seed));
    let null = null(&left, &right, seen.as_ref().map(|x| x.view()), args.seed).with_context(place)?;
    let correlations = match &cells {
        Some(cells) => correlations(&left, &right, &pairs, cells.view()),
        None => vec![None; pairs.len()],
    };
    let found = Found { left: &left, right: &right, pairs, null, correlations, with_cells: cells.is_some() };
    if global.json {
        println!("{}", found.json()?);
    } else {
        print!("{}", found.table());
        eprint!("{}", found.in_words()?);
    }
    Ok(())
}

/// Embeddings of cells that both dictionaries read.
fn read_cells(path: &Path, dictionaries: [&SaeWeights; 2]) -> anyhow::Result<Array2<f32>> {
    let file = embeddings::open(path)?;
    let found = file.read()?;
    ensure!(found.values.nrows() > 1, "{}: {} cells are too few", path.display(), found.values.nrows());
    let model = found.model().unwrap_or_default();
    for dictionary in dictionaries {
        dictionary.check_model(found.values.ncols(), &model).with_context(|| path.display().to_string())?;
    }
    Ok(found.values)
}

/// Cells that a null is drawn from: all, or a seeded sample.
pub fn null_cells(cells: &Array2<f32>, seed: u64) -> Array2<f32> {
    let rows = cellprism_core::sae::size::sample(cells.nrows(), seed);
    cells.select(Axis(0), &rows)
}

/// What was found.
struct Found<'a> {
    left: &'a SaeWeights,
    right: &'a SaeWeights,
    pairs: Vec<Pair>,
    null: Option<Null>,
    correlations: Vec<Option<f64>>,
    with_cells: bool,
}

impl Found<'_> {
    fn is_stable(&self, pair: &Pair) -> bool {
        self.null.is_some_and(|null| pair.cosine > null.directions.p95)
    }

    fn stable(&self) -> usize {
        self.pairs.iter().filter(|pair| self.is_stable(pair)).count()
    }

    fn mean(&self) -> Option<f64> {
        let sum = self.pairs.iter().map(|pair| f64::from(pair.cosine)).sum::<f64>();
        (!self.pairs.is_empty()).then(|| sum / self.pairs.len() as f64)
    }

    fn json(&self) -> anyhow::Result<Value> {
        let pairs: Vec<Value> = self
            .pairs
            .iter()
            .zip(&self.correlations)
            .map(|(pair, correlation)| {
                let mut row = json!({
                    "left": pair.left, "right": pair.right, "cosine": pair.cosine, "stable": self.is_stable(pair),
                });
                if self.with_cells {
                    row["correlation"] = json!(correlation);
                }
                row
            })
            .collect();
        let directions = self.null.map(|null| null.directions);
        Ok(json!({
            "mean_cosine": self.mean(),
            "stable": self.stable(),
            "share_above_null": (!pairs.is_empty()).then(|| self.stable() as f64 / pairs.len() as f64),
            "null": directions.map(|null| null.shape),
            "null_mean": directions.map(|null| null.mean),
            "null_95": directions.map(|null| null.p95),
            "null_pairs": directions.map(|null| null.pairs),
            "null_of_cells": self.null.and_then(|null| null.cells),
            "left": about(self.left)?,
            "right": about(self.right)?,
            "pairs": pairs,
        }))
    }

    fn table(&self) -> String {
        let mut out = String::from("left\tright\tcosine\tstable");
        out += if self.with_cells { "\tcorrelation\n" } else { "\n" };
        for (pair, correlation) in self.pairs.iter().zip(&self.correlations) {
            let stable = if self.is_stable(pair) { "yes" } else { "no" };
            out += &format!("{}\t{}\t{:.6}\t{stable}", pair.left.0, pair.right.0, pair.cosine);
            if self.with_cells {
                out += &correlation.map_or_else(|| "\t".into(), |r| format!("\t{r:.6}"));
            }
            out.push('\n');
        }
        out
    }

    fn in_words(&self) -> anyhow::Result<String> {
        let (Some(mean), Some(null)) = (self.mean(), self.null) else {
            return Ok("no pairs: one of the two dictionaries has no concept that is alive\n".into());
        };
        let mut out = String::new();
        for (side, sae) in [("left", self.left), ("right", self.right)] {
            let known = sae.config.origin()?.dead.is_some();
            let note = if known { "" } else { "; it does not say which are dead, so all count" };
            out += &format!("{side}: {} of {} concepts{note}\n", sae.alive()?.len(), sae.config.d_sae);
        }
        let what = match null.directions.shape {
            Shape::Isotropic => {
                "random directions, equally likely everywhere (--embeddings draws them as the cells spread)"
            }
            _ => "random directions with the embeddings' covariance",
        };
        out += &format!(
            "{} pairs, mean cosine {mean:.4}; {what} reach {:.4}, 95 % of them at most {:.4}\n",
            self.pairs.len(),
            null.directions.mean,
            null.directions.p95
        );
        if let Some(cells) = null.cells {
            out += &format!("random cells reach {:.4}, 95 % of them at most {:.4}\n", cells.mean, cells.p95);
        }
        out += &format!("{} of {} matches are stable\n", self.stable(), self.pairs.len());
        Ok(out)
    }
}

fn about(sae: &SaeWeights) -> anyhow::Result<Value> {
    let origin = sae.config.origin()?;
    Ok(json!({
        "concepts": sae.config.d_sae, "alive": sae.alive()?.len(), "alive_known": origin.dead.is_some(), "model": origin.model,
    }))
}
