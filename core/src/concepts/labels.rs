//! What a concept's cells are called: its class, and the labels of each metadata column among them.

use serde::{Deserialize, Serialize};

use crate::maybe::Maybe;

/// When a concept counts as specific.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SpecificityParameters {
    /// Smallest share of active cells with one label.
    pub ratio: f64,
    /// Fewest active cells; below, the concept is "rare" (not enough data).
    pub min_cells: u32,
}

impl Default for SpecificityParameters {
    fn default() -> Self {
        Self { ratio: 0.7, min_cells: 100 }
    }
}

/// Class of a concept by its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConceptClass {
    /// Specific to one label of the primary column.
    Specific,
    /// Enough active cells, no label reaches the ratio.
    Mixed,
    /// Some active cells, fewer than the threshold.
    Rare,
    /// No active cell.
    Dead,
}

/// Labels of one metadata column among active cells.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ColumnSpecificity {
    /// Column.
    pub column: String,
    /// Every label with its active cells, most first.
    pub labels: Vec<LabelCount>,
    /// The label that reaches the ratio, or why none is named.
    pub specific: Maybe<SpecificLabel>,
}

/// Active cells of one label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LabelCount {
    /// Label.
    pub label: String,
    /// Active cells with it.
    pub active: u32,
    /// All cells with it.
    pub total: u32,
    /// Share of all cells with it.
    #[serde(default)]
    pub base_rate: f64,
    /// Share of active cells with it, over `base_rate`.
    #[serde(default)]
    pub lift: f64,
}

/// A label that most active cells share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SpecificLabel {
    /// Column.
    pub column: String,
    /// Label.
    pub label: String,
    /// Share of active cells with it.
    pub ratio: f64,
    /// Share of all cells with it.
    #[serde(default)]
    pub base_rate: f64,
    /// `ratio` over `base_rate`.
    #[serde(default)]
    pub lift: f64,
    /// Donors in which ratio and lift hold, where there are donors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub donors: Option<u32>,
    /// Exact p of as many active cells with the label, after Benjamini-Hochberg over labels and concepts; descriptive, as cells
    /// of one donor are no independent witnesses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_adjusted: Option<f64>,
    /// Whether more can be said than the base rate says: the lift is large enough, in two donors where there are donors.
    #[serde(default)]
    pub beyond_base_rate: bool,
}
