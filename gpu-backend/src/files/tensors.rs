//! Writing safetensors files.

pub use cellprism_core::bundle::Tensors;
