//! Concepts of a dictionary, as several jobs ask for them.

use std::path::Path;

use anyhow::{Context, bail};
use cellprism_core::{concepts::Activations, embedding::card::ModelCard, ids::ConceptId, sae::SaeWeights};
use ndarray::{ArrayView2, Axis};

use crate::files::sae;

/// Cells that are encoded at once.
pub const ENCODED: usize = 8192;

/// Activations of all cells; their codes are in memory for some cells at a time.
pub fn activations(sae: &SaeWeights, embeddings: ArrayView2<'_, f32>) -> Activations {
    let encoder = sae.encoder();
    let mut found = Activations::none(sae.config.d_sae);
    for some in embeddings.axis_chunks_iter(Axis(0), ENCODED) {
        let codes = encoder.encode(some);
        found.append(some.nrows(), codes.k, &codes.indices, &codes.values);
    }
    found.shrink();
    found
}

/// A dictionary in SAELens layout, checked to be one of this model's embeddings.
///
/// # Errors
/// If it cannot be read, reads another number of dimensions, or is known to be of another model.
pub fn read_sae(folder: &Path, model: &ModelCard) -> anyhow::Result<SaeWeights> {
    let sae = sae::read(folder)?;
    sae.check_model(model.latent as usize, &model.into()).with_context(|| folder.display().to_string())?;
    Ok(sae)
}

/// Reads a list such as `0-99,120`.
///
/// # Errors
/// Names the part that is no number or range, or beyond the dictionary.
pub fn parse_concepts(list: &str, concepts: usize) -> anyhow::Result<Vec<ConceptId>> {
    let mut found = Vec::new();
    for part in list.split(',').map(str::trim) {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| {
            text.trim()
                .parse::<u32>()
                .with_context(|| format!("--concepts: {part:?} is no number and no range such as 0-99"))
        };
        let (from, to) = (number(from)?, number(to)?);
        if from > to || to as usize >= concepts {
            bail!("--concepts: {part:?} is not within 0-{}", concepts.saturating_sub(1));
        }
        found.extend((from..=to).map(ConceptId));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_numbers_are_read() {
        let ids: Vec<u32> = parse_concepts("0-2, 7", 8).unwrap().iter().map(|id| id.0).collect();
        assert_eq!(ids, [0, 1, 2, 7]);
        assert!(parse_concepts("8", 8).is_err());
        assert!(parse_concepts("a-b", 8).unwrap_err().to_string().contains("--concepts"));
    }
}
