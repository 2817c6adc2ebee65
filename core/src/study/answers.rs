//! What comes back from a rater.

use serde::{Deserialize, Serialize};

/// A file of answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Answers {
    /// The study that was rated.
    pub study: String,
    /// Who rated.
    pub rater: String,
    /// One for each item.
    pub answers: Vec<Answer>,
}

/// What is said of an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Answer {
    /// The item.
    pub item: String,
    /// Do these genes suggest a specific cell type?
    pub cell_type: Which,
    /// … a specific tissue?
    pub tissue: Which,
    /// … a specific biological process?
    pub process: Process,
    /// From 1, a guess, to 5, certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<u8>,
    /// Time that the item was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// When it was saved last, ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// Yes or no, and which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Which {
    /// No or yes.
    pub answer: Rating,
    /// A name, or several.
    #[serde(default)]
    pub which: String,
}

/// No, unclear or yes, and in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Process {
    /// No, a signal that is unclear, or yes.
    pub answer: Rating,
    /// What the genes have in common.
    #[serde(default)]
    pub text: String,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Rating {
    /// No.
    No,
    /// A signal, but unclear: for processes only.
    Unclear,
    /// Yes.
    Yes,
}

impl Rating {
    /// As in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Unclear => "unclear",
            Self::Yes => "yes",
        }
    }
}
