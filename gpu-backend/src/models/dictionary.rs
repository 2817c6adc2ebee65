//! Dictionaries of a model's embeddings.

use std::path::Path;

use anyhow::Context;
use cellprism_core::{embedding::card::ModelCard, sae::SaeWeights};

use crate::files::sae;

/// Reads a dictionary in SAELens layout and checks that it is one of this model's embeddings.
///
/// # Errors
/// If it cannot be read, is of another size, or is known to be of another model.
pub fn read_dictionary(folder: &Path, card: &ModelCard) -> anyhow::Result<SaeWeights> {
    let weights = sae::read(folder)?;
    weights.check_model(card.latent as usize, &card.into()).with_context(|| folder.display().to_string())?;
    Ok(weights)
}
