//! What only models of one kind have.

use serde::{Deserialize, Serialize};

use super::ModelCard;
use crate::limits::{BINS, HEADS, LAYERS, Limit, OutOfRange, SEQUENCE, VOCABULARY, WIDTH};

/// Sizes of scVI's networks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScviSizes {
    /// Hidden layers of the encoder and of the decoder.
    pub layers: u32,
    /// Their width.
    pub hidden: u32,
    /// `nb`, `zinb`, `poisson` or `normal`.
    pub gene_likelihood: String,
    /// `gene`, `gene-batch`, `gene-label` or `gene-cell`.
    pub dispersion: String,
}

/// Sizes and sequence rule of scGPT.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScgptSizes {
    /// Transformer layers.
    pub layers: u32,
    /// Attention heads.
    pub heads: u32,
    /// Width of the feed-forward part.
    pub hidden: u32,
    /// Tokens in the vocabulary, special ones included.
    pub vocabulary: u32,
    /// Value bins, the one for zero included (51: bins 1 to 50 for counts above zero).
    pub bins: u32,
    /// Longest sequence, `<cls>` included.
    pub max_length: u32,
    /// Token of padding.
    pub pad_token: String,
    /// Token id of padding.
    pub pad: u32,
    /// Token id of `<cls>`, always first.
    pub cls: u32,
    /// Value at `<cls>` and at padding.
    pub pad_value: f32,
}

/// Sizes and tokens of Geneformer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GeneformerSizes {
    /// Transformer layers that are computed: one fewer than the checkpoint has for its layer −1.
    pub layers: u32,
    /// Attention heads.
    pub heads: u32,
    /// Width of the feed-forward part.
    pub hidden: u32,
    /// Tokens in the dictionary, special ones included.
    pub vocabulary: u32,
    /// Longest sequence, special tokens included.
    pub max_length: u32,
    /// Which layer is read, as Geneformer counts them: −1 the last but one, 0 the last.
    pub layer: i32,
    /// What becomes of the layer's vectors.
    pub pooling: Pooling,
    /// Token id of padding.
    pub pad: u32,
    /// Token ids of `<cls>` and `<eos>`, which begin and end every sequence; the first models have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<[u32; 2]>,
    /// SHA-256 of `genes.tsv`, which decides the sequences.
    pub dictionary_sha256: String,
}

/// How the vectors of a sequence become an embedding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The vector of `<cls>`.
    #[default]
    Cls,
    /// The mean over genes, special tokens left out.
    Mean,
}

impl Pooling {
    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cls => "cls",
            Self::Mean => "mean",
        }
    }
}

impl ModelCard {
    /// Refuses sizes that no model has: memory is taken by them.
    pub(super) fn check_sizes(&self) -> Result<(), OutOfRange> {
        let mut sizes: Vec<(&str, Limit, u32)> = Vec::new();
        if let Some(ScviSizes { layers, hidden, .. }) = self.scvi {
            sizes.extend([("scvi.layers", LAYERS, layers), ("scvi.hidden", WIDTH, hidden)]);
        }
        if let Some(ScgptSizes { layers, heads, hidden, vocabulary, bins, max_length, .. }) = self.scgpt {
            sizes.extend([
                ("scgpt.layers", LAYERS, layers),
                ("scgpt.heads", HEADS, heads),
                ("scgpt.hidden", WIDTH, hidden),
                ("scgpt.vocabulary", VOCABULARY, vocabulary),
                ("scgpt.bins", BINS, bins),
                ("scgpt.max_length", SEQUENCE, max_length),
            ]);
        }
        if let Some(GeneformerSizes { layers, heads, hidden, vocabulary, max_length, .. }) = self.geneformer {
            sizes.extend([
                ("geneformer.layers", LAYERS, layers),
                ("geneformer.heads", HEADS, heads),
                ("geneformer.hidden", WIDTH, hidden),
                ("geneformer.vocabulary", VOCABULARY, vocabulary),
                ("geneformer.max_length", SEQUENCE, max_length),
            ]);
        }
        sizes.iter().try_for_each(|(name, limit, value)| limit.check(name, *value))
    }
}
