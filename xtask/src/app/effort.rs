//! How much work an app is worth: one to publish, or one to look at.

/// The program that is cut into parts, with its feature `split`.
pub(super) const CUT: &str = "cellprism-app";

/// How much the compiler is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// As small and fast as it gets: what is published.
    Full,
    /// Soon there, to look at a change.
    Quick,
}

impl Effort {
    /// The profile of Cargo.
    pub(super) fn profile(self) -> &'static str {
        match self {
            Self::Full => "wasm-release",
            Self::Quick => "wasm-quick",
        }
    }
}
