//! `sae match`: one-to-one pairs of the concepts of two dictionaries, and whether unrelated ones would reach as much.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use cellprism_core::sae::{
    SaeWeights, SourceModel,
    matching::{Null95, Pair, correlations, match_dictionaries, null},
    size::sample,
};
use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use crate::files::{
    embeddings::{self, Values},
    sae,
};

/// What is matched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// One sparse autoencoder.
    pub left: PathBuf,
    /// Another, of embeddings of the same size and model.
    pub right: PathBuf,
    /// Embeddings of shared cells.
    pub embeddings: Option<PathBuf>,
    /// Seed of the random dictionaries.
    pub seed: u64,
}

/// Pairs and how alike they are.
#[derive(Clone, Debug, Serialize)]
pub struct Matching {
    /// Over all pairs; nothing where there is none.
    pub mean_cosine: Option<f64>,
    /// Pairs above the null's 95 % point.
    pub stable: usize,
    /// Share of all pairs that they are.
    pub share_above_null: Option<f64>,
    /// What pairs with random directions reach in the mean.
    pub null_mean: Option<f64>,
    /// What 95 % of them reach at most.
    pub null_95: Option<f32>,
    /// The same with its shape: of the embeddings' covariance where there are any, isotropic otherwise.
    pub null: Option<Null95>,
    /// What pairs with random cells reach, where there are enough.
    pub null_of_cells: Option<Null95>,
    /// The left dictionary.
    pub left: Side,
    /// The right one.
    pub right: Side,
    /// One a concept of the smaller dictionary that is alive.
    pub pairs: Vec<Matched>,
}

/// A dictionary.
#[derive(Clone, Debug, Serialize)]
pub struct Side {
    /// Concepts (c).
    pub concepts: usize,
    /// Concepts that count.
    pub alive: usize,
    /// Whether the dictionary says which are dead; all count otherwise.
    pub alive_known: bool,
    /// The model, where it is known.
    pub model: Option<SourceModel>,
}

/// A pair.
#[derive(Clone, Debug, Serialize)]
pub struct Matched {
    /// Its concepts and their cosine.
    #[serde(flatten)]
    pub pair: Pair,
    /// Whether the cosine is above the null's 95 % point.
    pub stable: bool,
    /// Correlation of the activations over the cells, where there are any and it can be computed.
    pub correlation: Option<f64>,
}

/// Pairs concepts so that the sum of cosines is highest.
///
/// # Errors
/// If a dictionary or the embeddings cannot be read, or they are of other sizes or models.
pub fn run(options: &Options) -> anyhow::Result<Matching> {
    let (left, right) = (sae::read(&options.left)?, sae::read(&options.right)?);
    let place = || format!("{} and {}", options.left.display(), options.right.display());
    let pairs = match_dictionaries(&left, &right).with_context(place)?;
    let cells = options.embeddings.as_deref().map(|path| read_cells(path, [&left, &right])).transpose()?;
    let seen = cells.as_ref().map(|cells| null_cells(cells.view(), options.seed));
    let null = null(&left, &right, seen.as_ref().map(|x| x.view()), options.seed).with_context(place)?;
    let correlations = match &cells {
        Some(cells) => correlations(&left, &right, &pairs, cells.view()),
        None => vec![None; pairs.len()],
    };
    let directions = null.map(|null| null.directions);
    let is_stable = |pair: &Pair| directions.is_some_and(|null| pair.cosine > null.p95);
    let pairs: Vec<Matched> = pairs
        .into_iter()
        .zip(correlations)
        .map(|(pair, correlation)| Matched { pair, stable: is_stable(&pair), correlation })
        .collect();
    let stable = pairs.iter().filter(|pair| pair.stable).count();
    let share = |sum: f64| (!pairs.is_empty()).then(|| sum / pairs.len() as f64);
    Ok(Matching {
        mean_cosine: share(pairs.iter().map(|matched| f64::from(matched.pair.cosine)).sum()),
        stable,
        share_above_null: share(stable as f64),
        null_mean: directions.map(|null| null.mean),
        null_95: directions.map(|null| null.p95),
        null: directions,
        null_of_cells: null.and_then(|null| null.cells),
        left: side(&left)?,
        right: side(&right)?,
        pairs,
    })
}

fn side(sae: &SaeWeights) -> anyhow::Result<Side> {
    let origin = sae.config.origin()?;
    Ok(Side {
        concepts: sae.config.d_sae,
        alive: sae.alive()?.len(),
        alive_known: origin.dead.is_some(),
        model: origin.model,
    })
}

/// Embeddings of cells that both dictionaries read.
fn read_cells(path: &Path, dictionaries: [&SaeWeights; 2]) -> anyhow::Result<Values> {
    let found = embeddings::read(path)?;
    ensure!(found.values.nrows() > 1, "{}: {} cells are too few", path.display(), found.values.nrows());
    let model = found.model().unwrap_or_default();
    for dictionary in dictionaries {
        dictionary.check_model(found.values.ncols(), &model).with_context(|| path.display().to_string())?;
    }
    Ok(found.values)
}

/// Cells that a null is drawn from: all, or a seeded sample.
pub fn null_cells(cells: ArrayView2<'_, f32>, seed: u64) -> Array2<f32> {
    cells.select(Axis(0), &sample(cells.nrows(), seed))
}
