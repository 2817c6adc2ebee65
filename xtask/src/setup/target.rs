//! Names that everything about the browser's compiler shares.

/// The target's name.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// What rustup knows the distribution's toolchain by.
pub const LINKED: &str = "cellprism-wasm";
