//! What is described: the dictionary's concepts, or the embedding's own dimensions as their baseline.

use cellprism_core::{bundle::path, ids::ConceptId};
use serde::{Deserialize, Serialize};

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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neurons_have_addresses_and_names_of_their_own() {
        assert_eq!(Subject::Neurons.link(42), "#/neuron/42");
        assert_eq!(serde_json::to_string(&Subject::Neurons).unwrap(), "\"neurons\"");
    }
}
