//! What raters must not get.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::ConceptId;

/// `key.json`: what each item is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Key {
    /// The study that it opens.
    pub study: String,
    /// Name of the bundle.
    pub bundle: String,
    /// Its tag.
    pub tag: String,
    /// Seed of all that was drawn.
    pub seed: u64,
    /// What was drawn and could not be shown.
    pub left_out: LeftOut,
    /// By name.
    pub items: BTreeMap<String, KeyItem>,
}

/// How many were drawn and passed over because they would show fewer cells or genes than the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LeftOut {
    /// Concepts.
    pub concepts: u32,
    /// Neurons.
    pub neurons: u32,
}

/// What an item is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeyItem {
    /// Concept or neuron.
    pub kind: Kind,
    /// Its number in the bundle; of a neuron that of its side.
    pub id: ConceptId,
    /// The item that showed the same before, where this is a repeat.
    pub repeat_of: Option<String>,
    /// Names of its cells, in the order shown.
    #[serde(default)]
    pub cells: Vec<String>,
}

/// What is rated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A concept of the dictionary.
    Concept,
    /// A side of a dimension of the embedding.
    Neuron,
}

impl Kind {
    /// As in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Concept => "concept",
            Self::Neuron => "neuron",
        }
    }
}
