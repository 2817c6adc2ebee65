//! The directions that are described: the bundle's dictionary, or both sides of every dimension of the embedding.

use cellprism_core::{bundle::path, ids::ConceptId, sae::SaeWeights};

use super::Files;
use crate::subject::Subject;

/// The directions of an embedding of so many dimensions.
///
/// # Errors
/// In words: a damaged file, a dictionary of another model, or an `id` that it does not have.
pub fn dictionary(
    subject: Subject,
    files: &Files,
    dimensions: usize,
    id: ConceptId,
) -> Result<SaeWeights, String> {
    let sae = match subject {
        Subject::Concepts => {
            SaeWeights::from_safetensors(files.get(path::SAE_CONFIG)?, files.get(path::SAE_WEIGHTS)?)
                .map_err(|e| e.to_string())?
        }
        Subject::Neurons => SaeWeights::neurons(dimensions).map_err(|e| e.to_string())?,
    };
    if sae.config.d_in != dimensions {
        return Err("the model and the dictionary are not of one bundle".into());
    }
    if id.index() >= sae.config.d_sae {
        return Err(format!("there is no {} {}", subject.one(), id.0));
    }
    Ok(sae)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neurons_need_no_file_to_be_computed() {
        let files = Files::default();
        let of = |subject, id| dictionary(subject, &files, 3, ConceptId(id));
        let neurons = of(Subject::Neurons, 5).unwrap();
        assert_eq!((neurons.config.d_sae, neurons.w_dec[[5, 2]]), (6, -1.0));
        assert_eq!(of(Subject::Neurons, 6).unwrap_err(), "there is no neuron 6");
        assert!(of(Subject::Concepts, 0).unwrap_err().contains("sae/cfg.json"));
    }
}
