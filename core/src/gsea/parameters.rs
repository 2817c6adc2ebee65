//! How a concept's pathways are found, and which of them names it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Preranked gene set enrichment analysis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EnrichmentParameters {
    /// How p-values are counted.
    pub convention: Convention,
    /// Permutations.
    pub permutations: u32,
    /// Seed of Xoshiro256++.
    pub seed: u64,
    /// Fewest genes of a set found in the ranking.
    pub min_size: u32,
    /// Most genes of a set found in the ranking.
    pub max_size: u32,
    /// Exponent of the scores.
    pub weight: f64,
    /// Which set becomes a concept's label.
    #[serde(default)]
    pub label: LabelChoice,
    /// Largest p of a weak label.
    pub weak_p: f64,
    /// Largest p of a strong label.
    pub strong_p: f64,
    /// Largest false-discovery rate of a weak label, where that decides.
    #[serde(default = "weak_fdr")]
    pub weak_fdr: f64,
    /// Largest false-discovery rate of a strong label, where that decides.
    #[serde(default = "strong_fdr")]
    pub strong_fdr: f64,
    /// Random rankings behind each chance rate.
    pub null_rankings: u32,
}

/// How p-values are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Convention {
    /// The numbers of GSEApy 1.1 and later, to the bit.
    #[default]
    Gseapy,
    /// p = (hits + 1) / (n + 1), multilevel splitting for small ones, sets without evidence left empty.
    Canonical,
}

impl Convention {
    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gseapy => "gseapy",
            Self::Canonical => "canonical",
        }
    }
}

impl fmt::Display for Convention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which set becomes a concept's label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LabelChoice {
    /// The paper's rule: the highest enrichment score among those of small p.
    #[default]
    Es,
    /// The highest normalised enrichment score among those of small p: sets of different sizes are fairly compared.
    Nes,
    /// The highest normalised enrichment score among those of small false-discovery rate.
    Fdr,
}

fn weak_fdr() -> f64 {
    0.25
}

fn strong_fdr() -> f64 {
    0.05
}

impl EnrichmentParameters {
    /// What a label must pass: "p ≤ 0.005".
    pub fn weak_limit(&self) -> String {
        match self.label {
            LabelChoice::Es | LabelChoice::Nes => format!("p ≤ {}", self.weak_p),
            LabelChoice::Fdr => format!("FDR ≤ {}", self.weak_fdr),
        }
    }

    /// What a strong label must pass: "p ≤ 0.00005".
    pub fn strong_limit(&self) -> String {
        match self.label {
            LabelChoice::Es | LabelChoice::Nes => format!("p ≤ {}", self.strong_p),
            LabelChoice::Fdr => format!("FDR ≤ {}", self.strong_fdr),
        }
    }

    /// The rule in words, after "the label is the set with": "the highest positive ES among those with p ≤ 0.005".
    pub fn label_rule(&self) -> String {
        let score = if self.label == LabelChoice::Es { "ES" } else { "NES" };
        format!("the highest positive {score} among those with {}", self.weak_limit())
    }
}

impl Default for EnrichmentParameters {
    fn default() -> Self {
        Self {
            convention: Convention::Gseapy,
            permutations: 1000,
            seed: 123,
            min_size: 15,
            max_size: 500,
            weight: 1.0,
            label: LabelChoice::Es,
            weak_p: 5e-3,
            strong_p: 5e-5,
            weak_fdr: weak_fdr(),
            strong_fdr: strong_fdr(),
            null_rankings: 1000,
        }
    }
}
