//! What is described: the dictionary's concepts, or the embedding's own dimensions as their baseline.

use cellprism_core::{bundle::path, ids::ConceptId, sae::SaeWeights};
use serde::{Deserialize, Serialize};

use crate::task::Files;

/// Whose readings they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// Concepts of the dictionary.
    #[default]
    Concepts,
    /// Both sides of every dimension of the embedding.
    Neurons,
}

impl Subject {
    /// Its folder in the bundle.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Concepts => path::CONCEPTS,
            Self::Neurons => path::NEURONS,
        }
    }

    /// The file of its index.
    pub fn index_file(self) -> &'static str {
        match self {
            Self::Concepts => path::CONCEPT_INDEX,
            Self::Neurons => path::NEURON_INDEX,
        }
    }

    /// "concept", "neuron".
    pub fn one(self) -> &'static str {
        match self {
            Self::Concepts => "concept",
            Self::Neurons => "neuron",
        }
    }

    /// "Concepts", "Neurons".
    pub fn title(self) -> &'static str {
        match self {
            Self::Concepts => "Concepts",
            Self::Neurons => "Neurons",
        }
    }

    /// Address of the list.
    pub fn list(self) -> String {
        format!("#/{}s", self.one())
    }

    /// Address of one page.
    pub fn link(self, id: u32) -> String {
        format!("#/{}/{id}", self.one())
    }

    /// "C153"; of a neuron its dimension and side, "N12+".
    pub fn name(self, id: u32, dimensions: u32) -> String {
        match self {
            Self::Concepts => format!("C{id}"),
            Self::Neurons if id < dimensions => format!("N{id}+"),
            Self::Neurons => format!("N{}−", id - dimensions),
        }
    }

    /// The file with the counts of its cells.
    pub fn samples(self, id: ConceptId) -> String {
        path::samples_of(self.folder(), id)
    }

    /// Files of the bundle that hold the directions: neurons need none.
    pub fn dictionary_files(self) -> &'static [&'static str] {
        match self {
            Self::Concepts => &[path::SAE_CONFIG, path::SAE_WEIGHTS],
            Self::Neurons => &[],
        }
    }

    /// The directions of an embedding of so many dimensions: the bundle's dictionary, or both sides of every dimension.
    ///
    /// # Errors
    /// In words: a damaged file, a dictionary of another model, or an `id` that it does not have.
    pub fn dictionary(self, files: &Files, dimensions: usize, id: ConceptId) -> Result<SaeWeights, String> {
        let sae = match self {
            Self::Concepts => {
                SaeWeights::from_safetensors(files.get(path::SAE_CONFIG)?, files.get(path::SAE_WEIGHTS)?)
                    .map_err(|e| e.to_string())?
            }
            Self::Neurons => SaeWeights::neurons(dimensions).map_err(|e| e.to_string())?,
        };
        if sae.config.d_in != dimensions {
            return Err("the model and the dictionary are not of one bundle".into());
        }
        if id.index() >= sae.config.d_sae {
            return Err(format!("there is no {} {}", self.one(), id.0));
        }
        Ok(sae)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neurons_need_no_file_to_be_computed() {
        let files = Files::default();
        let neurons = Subject::Neurons.dictionary(&files, 3, ConceptId(5)).unwrap();
        assert_eq!((neurons.config.d_sae, neurons.w_dec[[5, 2]]), (6, -1.0));
        assert_eq!(Subject::Neurons.dictionary(&files, 3, ConceptId(6)).unwrap_err(), "there is no neuron 6");
        assert!(Subject::Concepts.dictionary(&files, 3, ConceptId(0)).unwrap_err().contains("sae/cfg.json"));
        assert_eq!(Subject::Neurons.link(42), "#/neuron/42");
        assert_eq!(serde_json::to_string(&Subject::Neurons).unwrap(), "\"neurons\"");
    }
}
