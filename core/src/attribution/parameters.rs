//! How genes are attributed.

use serde::{Deserialize, Serialize};

/// Attribution by counterfactual perturbation (equations 1 to 3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttributionParameters {
    /// N_p, prototypes per concept.
    pub prototypes: u32,
    /// N_c, counterfactuals per prototype.
    pub counterfactuals: u32,
    /// Score above which a gene is called important.
    pub important: f64,
    /// Which active cells are prototypes.
    #[serde(default)]
    pub prototypes_from: PrototypesFrom,
    /// Which genes are swapped, where not all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screening: Option<Screening>,
}

/// Genes that are swapped where the gradient is asked first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Screening {
    /// Genes of largest estimate.
    pub leading: u32,
    /// Genes drawn at random among the others, from which the share that was missed is bounded.
    pub sample: u32,
    /// Seed of the draw.
    pub seed: u64,
}

impl Default for Screening {
    fn default() -> Self {
        Self { leading: 50, sample: 59, seed: 123 }
    }
}

impl Default for AttributionParameters {
    fn default() -> Self {
        Self {
            prototypes: 10,
            counterfactuals: 3,
            important: 0.05,
            prototypes_from: PrototypesFrom::Top,
            screening: None,
        }
    }
}

/// Which active cells are a concept's prototypes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PrototypesFrom {
    /// Those of highest activation, as in the paper.
    #[default]
    Top,
    /// One from each of as many quantiles of the active cells.
    Spread,
}
