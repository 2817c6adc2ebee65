//! Names of the subjects.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What stands in the column `subject` of every table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// The bundle's concepts.
    Sae,
    /// Each dimension of the embedding, its positive and its negative part apart.
    Neurons,
    /// Principal components of the embeddings, both sides apart.
    Pca,
    /// Independent components, both sides apart.
    Ica,
    /// Semi-non-negative factors, as many as there are concepts.
    SemiNmf,
    /// As many directions of cells drawn at random, never trained.
    Random,
    /// The same training with the decoder left at its random start.
    FrozenDecoder,
    /// The concepts' own activations, dealt to other cells.
    Shuffled,
}

impl SubjectKind {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 8] = [
        Self::Sae,
        Self::Neurons,
        Self::Pca,
        Self::Ica,
        Self::SemiNmf,
        Self::Random,
        Self::FrozenDecoder,
        Self::Shuffled,
    ];

    /// Those that a claim is held against: what they reach as well is no merit of training.
    pub const BASELINES: [Self; 4] = [Self::Random, Self::FrozenDecoder, Self::Pca, Self::Ica];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sae => "sae",
            Self::Neurons => "neurons",
            Self::Pca => "pca",
            Self::Ica => "ica",
            Self::SemiNmf => "semi-nmf",
            Self::Random => "random",
            Self::FrozenDecoder => "frozen-decoder",
            Self::Shuffled => "shuffled",
        }
    }
}

impl fmt::Display for SubjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
