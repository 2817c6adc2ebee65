//! What the project needs beyond Rust itself, fetched once into the user's cache folder.

pub mod browser;
mod cache;
mod debian;
pub mod distribution;
mod npm;
pub mod onnxruntime;
mod target;
mod wasm_opt;
pub mod wasm_target;

pub use browser::Browser;
pub use cache::{Cache, remove};
pub use npm::{node, node_version};
pub use wasm_opt::WasmOpt;

/// How things may be set up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Don't ask rustup to download anything.
    pub no_rustup: bool,
}
