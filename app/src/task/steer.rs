//! A concept's prototypes with the concept set to another value: what scVI then expects of every gene.

use cellprism_core::{
    attribution::ConceptReader,
    cells::Column,
    embedding::scvi::{ScviDecoder, ScviEncoder},
    ids::ConceptId,
    sae::SaeWeights,
    steering::{SteeredCells, SteeredConcept, Target, steer_concept},
};
use serde::{Deserialize, Serialize};

use super::recompute::Samples;

/// Set a concept to another value in its prototypes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The concept.
    pub concept: ConceptId,
    /// What it is set to.
    pub target: Target,
    /// The bundle's columns with the labels of the prototypes, the most active first: a decoder may read the batch.
    pub columns: Vec<Column>,
}

/// Files that the work reads, as the bundle has them.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// `model/encoder.safetensors`.
    pub encoder: &'a [u8],
    /// `model/decoder.safetensors`.
    pub decoder: &'a [u8],
    /// `sae/cfg.json`.
    pub config: &'a [u8],
    /// `sae/sae_weights.safetensors`.
    pub weights: &'a [u8],
    /// `samples/NNNN.safetensors`.
    pub samples: &'a [u8],
}

impl<'a> Files<'a> {
    /// The five files in the order of the fields.
    ///
    /// # Errors
    /// If they are not five.
    pub fn of(files: &'a [Vec<u8>]) -> Result<Self, String> {
        match files {
            [encoder, decoder, config, weights, samples] => {
                Ok(Self { encoder, decoder, config, weights, samples })
            }
            _ => Err(format!("{} files instead of 5", files.len())),
        }
    }
}

/// Embeds the prototypes and steers them, with the functions that `cellprism steer` calls.
///
/// # Errors
/// In words for the page: a file that is not what it should be or does not fit the others, or a covariate that the
/// bundle does not tell.
pub fn run(request: &Request, files: Files<'_>) -> Result<SteeredConcept, String> {
    let encoder = ScviEncoder::from_safetensors(files.encoder).map_err(|e| e.to_string())?;
    let decoder = ScviDecoder::from_safetensors(files.decoder).map_err(|e| e.to_string())?;
    let sae = SaeWeights::from_safetensors(files.config, files.weights).map_err(|e| e.to_string())?;
    let concept = request.concept;
    if encoder.genes() != decoder.genes() || encoder.latent() != sae.config.d_in {
        return Err("the encoder, the decoder and the dictionary are not of one model".into());
    }
    if concept.index() >= sae.config.d_sae {
        return Err(format!("the dictionary has no concept {}", concept.0));
    }
    let samples = Samples::read(files.samples, encoder.genes().len())?;
    let rows: Vec<usize> = samples.prototypes.iter().map(|&place| place as usize).collect();
    let counts = samples.counts.select_rows(&rows);
    let latent = encoder.encode(&counts, &[]).map_err(|e| e.to_string())?;
    let one_hot = decoder.card().one_hot(rows.len(), &request.columns).map_err(|e| e.to_string())?;
    let values: Vec<f32> = latent.iter().copied().collect();
    let activations = ConceptReader::of(&sae).read_rows(&values, concept);
    let cells = SteeredCells {
        latent: latent.view(),
        totals: &counts.row_sums(),
        one_hot: &one_hot,
        activations: &activations,
    };
    steer_concept(&decoder, &sae, concept, cells, request.target).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_files_are_told() {
        let request = Request { concept: ConceptId(0), target: Target::Scale(2.0), columns: Vec::new() };
        assert!(Files::of(&[]).is_err());
        let files = [const { Vec::new() }; 5];
        assert!(run(&request, Files::of(&files).unwrap()).is_err());
    }
}
