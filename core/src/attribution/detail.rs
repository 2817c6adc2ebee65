//! An attribution as a bundle holds it.

use serde::{Deserialize, Serialize};

use crate::ids::GeneId;

/// Attribution of a concept: the genes shown at once; all scores are in the concept's safetensors file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttributionDetail {
    /// Prototype and counterfactual pairs behind each mean.
    pub pairs: u32,
    /// Genes above the importance threshold.
    pub important: u32,
    /// Genes whose mean is positive.
    pub positive: u32,
    /// Genes whose mean is negative.
    pub negative: u32,
    /// Genes that no pair changes.
    pub zero: u32,
    /// Genes of highest mean, sorted.
    pub genes: Vec<GeneAttribution>,
    /// Genes of lowest mean, most negative first.
    pub lowest: Vec<GeneAttribution>,
    /// Share of the positive total held by the first 1, 2, 3 … genes, up to all or 500.
    pub cumulative: Vec<f32>,
    /// What is known of the genes that were not swapped, where not all were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screened: Option<ScreenOutcome>,
    /// Genes that were swapped, rising, where not all were: scores of the others are estimates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub swapped_genes: Vec<GeneId>,
}

impl AttributionDetail {
    /// Whether a gene's score is an estimate by the gradient: it differs in some pair, but was not swapped.
    pub fn is_estimate(&self, gene: GeneId) -> bool {
        self.screened.is_some() && self.swapped_genes.binary_search(&gene).is_err()
    }
}

/// What a random sample says of the genes whose scores are estimates by the gradient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScreenOutcome {
    /// Genes that were swapped because their estimates are largest.
    pub leading: u32,
    /// Genes that were swapped because they were drawn.
    pub sampled: u32,
    /// Genes that were not swapped.
    pub rest: u32,
    /// Of the drawn ones, those above the threshold of importance, up or down.
    pub missed: u32,
    /// With 95 % confidence, no larger share of the genes that were not swapped is (Clopper and Pearson 1934).
    pub bound: f64,
}

/// Attribution of one gene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GeneAttribution {
    /// Its place in [`crate::bundle::GeneIndex`].
    pub gene: GeneId,
    /// Symbol.
    pub symbol: String,
    /// Mean over all pairs, after TopK.
    pub mean: f32,
    /// Mean over all pairs, before TopK.
    pub mean_pre_topk: f32,
    /// Standard deviation over pairs.
    pub sd: f32,
    /// Pairs in which the counts differ.
    pub swapped: u32,
    /// Mean count in prototypes.
    pub count_prototypes: f32,
    /// Mean count in counterfactuals.
    pub count_counterfactuals: f32,
    /// log2 fold change, active cells against counterfactuals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log2_fold_change: Option<f32>,
}
