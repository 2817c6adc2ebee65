//! `evaluation/metrics.json`: how good dictionaries are; Table 3 of the paper.

use serde::{Deserialize, Serialize};

use super::{
    JsonFile,
    checking::{Bundle, Report},
};

/// Metrics of the dictionaries.
pub const METRICS: &str = "evaluation/metrics.json";

/// One row a dictionary.
pub type Metrics = Vec<SaeMetricsRow>;

/// One dictionary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SaeMetricsRow {
    /// Which dictionary.
    pub name: String,
    /// c.
    pub concepts: u32,
    /// k.
    pub active_per_cell: u32,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Epochs.
    pub epochs: u32,
    /// 1 − SSE/SST over all entries.
    pub r2: f64,
    /// Mean of each dimension's own R².
    pub r2_per_dimension: f64,
    /// Against one scalar mean.
    pub r2_scalar_mean: f64,
    /// Concepts with an active cell.
    pub active: u32,
    /// Concepts without.
    pub dead: u32,
    /// Mean number of active concepts per cell.
    pub l0: f64,
    /// Share of zeros in the activations.
    pub sparsity: f64,
}

impl JsonFile for Metrics {}

/// That they can be read.
pub(super) fn check(bundle: &Bundle<'_>, report: &mut Report) {
    let _: Option<Metrics> = bundle.read(METRICS, report);
}
