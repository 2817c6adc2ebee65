//! Names that everything about the browser's compiler shares.

/// The target's name.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// What rustup knows the distribution's toolchain by.
pub(super) const LINKED: &str = "cellprism-wasm";
