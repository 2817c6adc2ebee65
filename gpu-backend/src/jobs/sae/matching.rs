//! `sae match`: one-to-one pairs of the concepts of two dictionaries.

use std::path::PathBuf;

use cellprism_core::sae::matching::{Pair, match_dictionaries};
use serde::{Deserialize, Serialize};

use crate::files::sae;

/// What is matched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// One sparse autoencoder.
    pub left: PathBuf,
    /// Another, of embeddings of the same size.
    pub right: PathBuf,
}

/// Pairs and how alike they are.
#[derive(Clone, Debug, Serialize)]
pub struct Matching {
    /// Over all pairs.
    pub mean_cosine: f64,
    /// One a concept of the smaller dictionary.
    pub pairs: Vec<Pair>,
}

/// Pairs concepts so that the sum of cosines is highest.
///
/// # Errors
/// If a dictionary cannot be read, or the two are of other sizes.
pub fn run(options: &Options) -> anyhow::Result<Matching> {
    let (left, right) = (sae::read(&options.left)?, sae::read(&options.right)?);
    let pairs = match_dictionaries(&left, &right)?;
    let mean_cosine = pairs.iter().map(|pair| f64::from(pair.cosine)).sum::<f64>() / pairs.len() as f64;
    Ok(Matching { mean_cosine, pairs })
}
