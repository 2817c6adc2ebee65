//! What the project needs beyond Rust itself, fetched once into the user's cache folder.

pub(crate) mod browser;
mod cache;
mod debian;
pub(crate) mod distribution;
pub(crate) mod maturin;
mod npm;
mod oldest;
pub(crate) mod onnxruntime;
mod target;
mod wasm_opt;
pub(crate) mod wasm_target;

pub(crate) use browser::Browser;
pub(crate) use cache::{Cache, remove};
pub(crate) use npm::{node, node_version};
pub(crate) use wasm_opt::WasmOpt;

/// How things may be set up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// Don't ask rustup to download anything.
    pub no_rustup: bool,
}
