//! A concept's pathways as a bundle holds them.

use serde::{Deserialize, Serialize};

use crate::maybe::Maybe;

/// Enrichment of a concept's ranking in one library.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EnrichmentDetail {
    /// Library.
    pub library: String,
    /// Sets tested.
    pub tested: u32,
    /// Sets with fewer genes in the ranking than `min_size`.
    pub too_small: u32,
    /// Sets with more genes in the ranking than `max_size`.
    pub too_large: u32,
    /// Ranked genes that are in no set of the library.
    pub genes_in_no_set: u32,
    /// Ranked genes.
    pub genes: u32,
    /// Sets of highest enrichment score first; at most 40.
    pub sets: Vec<SetResult>,
    /// The label by the paper's rule, or why there is none.
    pub label: Maybe<PathwayLabel>,
    /// What random rankings earn.
    pub null: Maybe<LabelNull>,
}

/// One gene set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SetResult {
    /// Name.
    pub term: String,
    /// Genes found in the ranking.
    pub size: u32,
    /// Enrichment score.
    pub es: f64,
    /// Normalised enrichment score.
    pub nes: f64,
    /// Nominal p.
    pub p: f64,
    /// False-discovery rate.
    pub fdr: f64,
    /// Family-wise error rate.
    pub fwer: f64,
    /// Genes of the leading edge, in ranking order.
    pub leading_edge: Vec<String>,
    /// Ranks of the set's genes, from 0.
    pub hits: Vec<u32>,
    /// Share of random rankings in which this set scores as high.
    pub chance: Option<f64>,
}

/// The pathway with the highest enrichment score among those that pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PathwayLabel {
    /// Library.
    pub library: String,
    /// Gene set.
    pub term: String,
    /// Weak or strong.
    pub strength: LabelStrength,
    /// Enrichment score.
    pub es: f64,
    /// Normalised enrichment score.
    pub nes: f64,
    /// Nominal p.
    pub p: f64,
    /// False-discovery rate.
    pub fdr: f64,
}

/// Strength of a pathway label; limits by the paper's rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LabelStrength {
    /// p ≤ 5e-3.
    Weak,
    /// p ≤ 5e-5: with 1,000 permutations, none reached the score.
    Strong,
}

/// Outcome of random rankings under the same labelling rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LabelNull {
    /// Random rankings.
    pub rankings: u32,
    /// How genes were permuted, in words.
    pub method: String,
    /// Share that earns a label at least as good as the published one (any label where there is none).
    pub as_good: f64,
    /// Share that earns any label.
    pub any: f64,
    /// Best enrichment score among passing sets, 20 equal bins from 0 to 1; rankings without a label are not in it.
    pub best_es: Vec<u32>,
}
