//! Deletion curves as a bundle holds them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Activation relative to the start while genes are swapped cumulatively.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeletionCurves {
    /// Pairs behind each mean.
    pub pairs: u32,
    /// Number of swapped genes at each point.
    pub steps: Vec<u32>,
    /// One curve an order.
    pub curves: Vec<DeletionCurve>,
}

/// One order of swapping.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeletionCurve {
    /// By what the genes are ordered.
    pub order: DeletionOrder,
    /// Mean relative activation.
    pub mean: Vec<f32>,
    /// Standard deviation over pairs.
    pub sd: Vec<f32>,
    /// Area under the mean, per swapped gene.
    pub area: f32,
}

/// By what genes are ordered that are swapped one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeletionOrder {
    /// Falling attribution.
    Attribution,
    /// Falling |log2 fold change| among genes that differ.
    FoldChange,
    /// At random, over several orders.
    Random,
    /// Falling attribution by other prototypes than those of the curve.
    AttributionHeldOut,
    /// Falling score of what the concept's cells have.
    Presence,
    /// Falling t of Welch's test.
    T,
    /// Falling difference of means.
    MeanDifference,
}

impl DeletionOrder {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Attribution => "attribution",
            Self::FoldChange => "fold_change",
            Self::Random => "random",
            Self::AttributionHeldOut => "attribution_held_out",
            Self::Presence => "presence",
            Self::T => "t",
            Self::MeanDifference => "mean_difference",
        }
    }
}

impl fmt::Display for DeletionOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
