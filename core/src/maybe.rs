//! A value, or the reason why there is none.

use serde::{Deserialize, Serialize};

/// A value, or the reason why there is none. Never a silent zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Maybe<T> {
    /// The value.
    Value(T),
    /// Why it could not be computed, as a phrase that can stand after "Not available:".
    Missing {
        /// The reason.
        not_available: String,
    },
}

impl<T> Maybe<T> {
    /// A missing value with its reason.
    pub fn missing(reason: impl Into<String>) -> Self {
        Self::Missing { not_available: reason.into() }
    }

    /// The same reason for a value of another type.
    pub(crate) fn clone_reason<U>(&self) -> Maybe<U> {
        match self {
            Self::Missing { not_available } => Maybe::missing(not_available.clone()),
            Self::Value(_) => Maybe::missing("not computed"),
        }
    }

    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Missing { .. } => None,
        }
    }
}
