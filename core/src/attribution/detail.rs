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
