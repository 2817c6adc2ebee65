//! Every parameter that a number in a bundle depends on.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ReadingParameters;
use crate::{
    attribution::AttributionParameters, concepts::SpecificityParameters, gsea::EnrichmentParameters,
};

/// Every parameter that a number in the bundle depends on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Parameters {
    /// Training of the sparse autoencoder.
    pub sae: SaeParameters,
    /// Classes of concepts.
    pub specificity: SpecificityParameters,
    /// Attribution.
    pub attribution: AttributionParameters,
    /// Pathway enrichment.
    pub enrichment: EnrichmentParameters,
    /// Readings beyond the paper; nothing where only the paper's were made.
    #[serde(default)]
    pub reading: Option<ReadingParameters>,
    /// Whether the embedding's own dimensions are described, too, as a baseline.
    #[serde(default)]
    pub neurons: bool,
    /// How many concepts, and neurons, are described: those with most active cells; all where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub describe: Option<u32>,
}

/// Training of the sparse autoencoder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SaeParameters {
    /// c.
    pub concepts: u32,
    /// k.
    pub active: u32,
    /// Passes over the cells.
    pub epochs: u32,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Cells per step.
    pub batch: u32,
    /// Most dead concepts that rebuild the residual.
    pub aux_k: u32,
    /// Weight of that auxiliary loss.
    pub aux_coefficient: f64,
    /// Seed of initialisation and shuffles.
    pub seed: u64,
    /// What trained it.
    pub engine: TrainingEngine,
}

/// What trains a dictionary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TrainingEngine {
    /// The trainer in this library.
    #[default]
    Native,
    /// One optimiser step as an ONNX graph.
    Onnx,
    /// Nothing here: the dictionary was given, and of its training only `concepts` and `active` are known.
    Given,
}

impl TrainingEngine {
    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Onnx => "onnx",
            Self::Given => "given",
        }
    }
}

impl fmt::Display for TrainingEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
