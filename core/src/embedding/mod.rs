//! The scVI encoder in plain Rust, and nearest cells in embedding space.
