//! Embedding: the card of a model, the scVI encoder in plain Rust, and nearest cells in embedding space.

pub mod card;
