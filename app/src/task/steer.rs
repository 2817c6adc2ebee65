//! A concept's prototypes with the concept set to another value: what scVI then expects of every gene.

use cellprism_core::{
    attribution::ConceptReader,
    bundle::path,
    cells::Column,
    embedding::scvi::{ScviDecoder, ScviEncoder},
    ids::ConceptId,
    steering::{SteeredCells, SteeredConcept, Target, steer_concept},
};
use serde::{Deserialize, Serialize};

use super::{dictionary::dictionary, files::Files, samples::Samples};
use crate::subject::Subject;

/// Set a concept to another value in its prototypes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Whose.
    pub subject: Subject,
    /// The concept or neuron.
    pub concept: ConceptId,
    /// What it is set to.
    pub target: Target,
    /// The bundle's columns with the labels of the prototypes, the most active first: a decoder may read the batch.
    pub columns: Vec<Column>,
}

impl Request {
    /// Files that the work reads, by their path in the bundle.
    pub fn files(&self) -> Vec<String> {
        let fixed = [path::MODEL_ENCODER, path::MODEL_DECODER];
        let named = fixed.iter().chain(self.subject.dictionary_files()).map(|&name| name.to_owned());
        named.chain([self.subject.samples(self.concept)]).collect()
    }
}

/// Embeds the prototypes and steers them, with the functions that `cellprism steer` calls.
///
/// # Errors
/// In words for the page: a file that is not what it should be or does not fit the others, or a covariate that the
/// bundle does not tell.
pub fn run(request: &Request, files: &Files) -> Result<SteeredConcept, String> {
    let encoder =
        ScviEncoder::from_safetensors(files.get(path::MODEL_ENCODER)?).map_err(|e| e.to_string())?;
    let decoder =
        ScviDecoder::from_safetensors(files.get(path::MODEL_DECODER)?).map_err(|e| e.to_string())?;
    let concept = request.concept;
    let sae = dictionary(request.subject, files, encoder.latent(), concept)?;
    if encoder.genes() != decoder.genes() {
        return Err("the encoder and the decoder are not of one model".into());
    }
    let samples = Samples::read(files.get(&request.subject.samples(concept))?, encoder.genes().len())?;
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
        let (subject, concept) = (Subject::Concepts, ConceptId(0));
        let request = Request { subject, concept, target: Target::Scale(2.0), columns: Vec::new() };
        assert!(run(&request, &Files::default()).unwrap_err().contains("model/encoder.safetensors"));
        let empty = request.files().into_iter().map(|name| (name, Vec::new())).collect();
        assert!(run(&request, &empty).is_err());
    }
}
