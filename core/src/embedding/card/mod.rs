//! The card of an imported model: what it reads, what is done to counts first, what it gives.
//!
//! A model folder holds `model.json` (this card), `model.onnx`, for scVI `encoder.safetensors` and
//! `decoder.safetensors`, for SCimilarity `encoder.safetensors`, for scGPT `vocab.json`, for Geneformer `genes.tsv`. A card
//! can also be written by hand beside a ready ONNX file.
//!
//! | file | idea |
//! |---|---|
//! | `covariates` | categorical covariates, and the one-hot columns of each cell |
//! | `sizes` | what only models of one kind have |

mod covariates;
mod sizes;

pub use covariates::{Covariate, CovariateError};
pub use sizes::{GeneformerSizes, Pooling, ScgptSizes, ScviSizes};

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::limits::{self, OutOfRange};

/// The card's layout; a larger number is refused.
pub const CARD_FORMAT: u32 = 1;

/// What a model reads and gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModelCard {
    /// Always [`CARD_FORMAT`].
    pub format: u32,
    /// How cells become inputs.
    pub kind: ModelKind,
    /// A name for people.
    pub name: String,
    /// Genes in the order of the input's columns. Empty for scGPT and Geneformer, whose genes are in `vocab.json` and
    /// `genes.tsv`.
    #[serde(default)]
    pub genes: Vec<String>,
    /// Embedding size.
    pub latent: u32,
    /// What is done to counts before the first layer, in words.
    pub preprocessing: String,
    /// Scaling of each cell before `log1p`.
    #[serde(default)]
    pub normalize: Normalize,
    /// Whether the graph takes `log1p` of its input itself (it is then fed counts, scaled by `normalize`).
    #[serde(default)]
    pub log1p: bool,
    /// Whether the graph is fed `log1p` of the scaled counts; only for `kind` onnx, and not where it takes `log1p`
    /// itself.
    #[serde(default, skip_serializing_if = "is_false")]
    pub feed_log1p: bool,
    /// Name of the graph's input f32 [n, genes], where it is not `counts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// Name of the graph's output f32 [n, latent], where it is not `embeddings`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Whether the embedding is divided by its length.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unit_length: bool,
    /// Categorical covariates that the model knows, in the order of their one-hot columns. Only those with
    /// at least two categories have columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covariates: Vec<Covariate>,
    /// Whether the covariates enter the encoder (for scVI they always enter the decoder).
    #[serde(default)]
    pub encode_covariates: bool,
    /// Whether they enter every hidden layer, not only the first.
    #[serde(default)]
    pub deeply_inject_covariates: bool,
    /// Sizes of scVI's networks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scvi: Option<ScviSizes>,
    /// Sizes and sequence rule of scGPT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scgpt: Option<ScgptSizes>,
    /// Sizes and tokens of Geneformer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geneformer: Option<GeneformerSizes>,
    /// ONNX operator set of `model.onnx`.
    #[serde(default)]
    pub opset: u32,
    /// `float32` or `float16`.
    pub precision: String,
    /// File name of the checkpoint.
    #[serde(default)]
    pub source_file: String,
    /// SHA-256 of the checkpoint.
    #[serde(default)]
    pub source_sha256: String,
}

/// How cells become inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// Counts of a fixed gene list (scvi-tools' SCVI).
    Scvi,
    /// A sequence of gene tokens with binned values.
    Scgpt,
    /// A sequence of gene tokens by falling rank (a BERT).
    Geneformer,
    /// Log-normalised counts of a fixed gene list to a vector of length 1.
    Scimilarity,
    /// Any other encoder of the counts of a fixed gene list: one input f32 [n, genes], one output f32 [n, latent].
    Onnx,
}

impl ModelKind {
    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scvi => "scvi",
            Self::Scgpt => "scgpt",
            Self::Geneformer => "geneformer",
            Self::Scimilarity => "scimilarity",
            Self::Onnx => "onnx",
        }
    }

    /// The name as its authors write it; "the model" for any other encoder.
    pub fn title(self) -> &'static str {
        match self {
            Self::Scvi => "scVI",
            Self::Scgpt => "scGPT",
            Self::Geneformer => "Geneformer",
            Self::Scimilarity => "SCimilarity",
            Self::Onnx => "the model",
        }
    }
}

impl fmt::Display for ModelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Scaling of each cell's counts before anything else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Normalize {
    /// Raw counts, as scvi-tools trains.
    #[default]
    None,
    /// Counts of the model's genes are scaled to this sum; a cell without counts stays zero.
    Sum(f64),
}

/// Why a card cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CardError {
    /// Not JSON, or a field is missing.
    #[error("model.json is not a model card: {0}")]
    Json(#[from] serde_json::Error),
    /// Written by a later version.
    #[error(
        "model.json has format {found}, this version reads up to {CARD_FORMAT}: use a newer cellprism or import the model again"
    )]
    Format {
        /// Its format.
        found: u32,
    },
    /// A field contradicts another.
    #[error("model.json: {0}")]
    Invalid(String),
    /// A number is larger than any model's.
    #[error("model.json: {0}")]
    Size(#[from] OutOfRange),
}

impl ModelCard {
    /// Reads and checks a card.
    ///
    /// # Errors
    /// If it is not a card, of a later format, or contradicts itself.
    pub fn from_json(json: &[u8]) -> Result<Self, CardError> {
        let card: Self = serde_json::from_slice(json)?;
        card.check()?;
        Ok(card)
    }

    /// The card as it is written to `model.json`.
    ///
    /// # Errors
    /// If a number is not finite.
    pub fn to_json(&self) -> Result<String, CardError> {
        self.check()?;
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Name of the graph's input.
    pub fn input_name(&self) -> &str {
        self.input.as_deref().unwrap_or("counts")
    }

    /// Name of the graph's output.
    pub fn output_name(&self) -> &str {
        self.output.as_deref().unwrap_or("embeddings")
    }

    /// A count of a cell with the sum `total`, scaled.
    pub fn scaled(&self, count: f32, total: f64) -> f32 {
        match self.normalize {
            Normalize::Sum(sum) if total > 0.0 => (f64::from(count) * (sum / total)) as f32,
            Normalize::None | Normalize::Sum(_) => count,
        }
    }

    /// [`Self::scaled`] of every gene of a cell, `[genes]`, from those that it counts.
    pub fn scaled_row(&self, (columns, counts): (&[u32], &[f32]), genes: usize) -> Vec<f32> {
        let total = counts.iter().map(|&count| f64::from(count)).sum();
        let mut values = vec![self.scaled(0.0, total); genes];
        for (&gene, &count) in columns.iter().zip(counts) {
            values[gene as usize] = self.scaled(count, total);
        }
        values
    }

    /// What a count of a cell with the sum `total` is fed to the graph as.
    pub fn fed(&self, count: f32, total: f64) -> f32 {
        let scaled = self.scaled(count, total);
        if self.feed_log1p { libm::log1p(f64::from(scaled)) as f32 } else { scaled }
    }

    /// A card of this kind with nothing but what every card needs; `f32`, no scaling, no covariates.
    pub fn new(kind: ModelKind, name: &str, latent: usize, preprocessing: String) -> Self {
        Self {
            format: CARD_FORMAT,
            kind,
            name: name.into(),
            genes: Vec::new(),
            latent: latent as u32,
            preprocessing,
            normalize: Normalize::None,
            log1p: false,
            feed_log1p: false,
            input: None,
            output: None,
            unit_length: false,
            covariates: Vec::new(),
            encode_covariates: false,
            deeply_inject_covariates: false,
            scvi: None,
            scgpt: None,
            geneformer: None,
            opset: 0,
            precision: "float32".into(),
            source_file: String::new(),
            source_sha256: String::new(),
        }
    }

    fn check(&self) -> Result<(), CardError> {
        let invalid = |text: String| Err(CardError::Invalid(text));
        if self.format > CARD_FORMAT || self.format == 0 {
            return Err(CardError::Format { found: self.format });
        }
        limits::DIMENSIONS.check("\"latent\"", self.latent)?;
        if !self.genes.is_empty() {
            limits::GENES.check("the number of \"genes\"", self.genes.len())?;
        }
        limits::CATEGORIES.check("the number of covariate categories", self.covariate_width())?;
        limits::CATEGORIES.check("the number of \"covariates\"", self.covariates.len())?;
        self.check_sizes()?;
        if let Normalize::Sum(sum) = self.normalize
            && !(sum.is_finite() && sum > 0.0)
        {
            return invalid(format!("\"normalize\" to a sum of {sum}"));
        }
        if self.feed_log1p && self.kind != ModelKind::Onnx {
            return invalid(format!("\"feed_log1p\" is for kind \"onnx\", not {:?}", self.kind.name()));
        }
        if self.feed_log1p && self.log1p {
            return invalid(
                "\"feed_log1p\" and \"log1p\" would take the logarithm twice: the first says that the graph reads \
                 logarithms, the second that it takes them itself"
                    .into(),
            );
        }
        if self.precision != "float32" && self.precision != "float16" {
            return invalid(format!("\"precision\" is {:?}, not float32 or float16", self.precision));
        }
        let sizes = match self.kind {
            ModelKind::Scgpt => self.scgpt.is_some(),
            ModelKind::Geneformer => self.geneformer.is_some(),
            ModelKind::Scvi | ModelKind::Scimilarity | ModelKind::Onnx if self.genes.is_empty() => {
                return invalid("\"genes\" is empty".into());
            }
            ModelKind::Scvi | ModelKind::Scimilarity | ModelKind::Onnx => true,
        };
        if !sizes {
            let kind = self.kind.name();
            return invalid(format!("kind {kind:?} without {kind:?} sizes"));
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(super) const BY_HAND: &str = r#"{"format": 1, "kind": "onnx", "name": "mine", "genes": ["CD79A", "LYZ"], "latent": 3,
        "preprocessing": "sum to 10,000, then log1p", "normalize": {"sum": 10000.0}, "precision": "float32"}"#;

    #[test]
    fn a_card_written_by_hand_needs_few_fields() {
        let card = ModelCard::from_json(BY_HAND.as_bytes()).unwrap();
        assert_eq!(card.normalize, Normalize::Sum(1e4));
        assert_eq!(card.covariate_width(), 0);
        let again = ModelCard::from_json(card.to_json().unwrap().as_bytes()).unwrap();
        assert_eq!(again, card);
    }

    #[test]
    fn later_formats_and_empty_gene_lists_are_refused() {
        let later = BY_HAND.replace("\"format\": 1", "\"format\": 2");
        assert!(matches!(ModelCard::from_json(later.as_bytes()), Err(CardError::Format { found: 2 })));
        let empty = BY_HAND.replace(r#"["CD79A", "LYZ"]"#, "[]");
        assert!(ModelCard::from_json(empty.as_bytes()).unwrap_err().to_string().contains("genes"));
    }

    #[test]
    fn the_logarithm_is_taken_once() {
        let fed = BY_HAND.replace("\"latent\"", "\"feed_log1p\": true, \"latent\"");
        assert!(ModelCard::from_json(fed.as_bytes()).unwrap().feed_log1p);
        let twice = fed.replace("\"latent\"", "\"log1p\": true, \"latent\"");
        assert!(ModelCard::from_json(twice.as_bytes()).unwrap_err().to_string().contains("twice"));
    }
}
