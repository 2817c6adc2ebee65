//! One concept's scores out of the file that `cellprism attribute` writes.

use std::path::Path;

use anyhow::{Context, bail};
use cellprism_core::{
    bundle::{read_f32, read_u32},
    ids::ConceptId,
};
use safetensors::SafeTensors;

use crate::work::regular;

/// Attribution scores by gene, in the model's order.
pub struct Scores {
    /// After TopK.
    pub values: Vec<f32>,
}

impl Scores {
    /// Reads the scores of a concept.
    ///
    /// # Errors
    /// If the file is damaged, does not hold the concept, or is of other genes.
    pub fn read(path: &Path, concept: ConceptId, genes: &[String]) -> anyhow::Result<Self> {
        let bytes = regular::read(path, regular::TENSORS).context("cannot be read")?;
        let file = SafeTensors::deserialize(&bytes).context("not a whole safetensors file")?;
        let (_, concepts) = read_u32(&file, "concepts")?;
        let (shape, scores) = read_f32(&file, "scores")?;
        let (_, header) = SafeTensors::read_metadata(&bytes)?;
        let named: Option<Vec<String>> = match header.metadata().as_ref().and_then(|m| m.get("genes")) {
            Some(json) => Some(serde_json::from_str(json).context("\"genes\" is not a list of names")?),
            None => None,
        };
        if shape != [concepts.len(), genes.len()] || named.is_some_and(|named| named != genes) {
            bail!(
                "scores of shape {shape:?} for {} concepts: they are not of the {} genes of this model",
                concepts.len(),
                genes.len()
            );
        }
        let Some(row) = concepts.iter().position(|&other| other == concept.0) else {
            bail!("it has no concept {}: run `cellprism attribute --concepts {}`", concept.0, concept.0);
        };
        Ok(Self { values: scores[row * genes.len()..(row + 1) * genes.len()].to_vec() })
    }
}
