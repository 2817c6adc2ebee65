//! Reading and writing files.

pub mod atomic;
pub mod bundle;
pub mod embeddings;
pub mod encoder;
pub mod gene_sets;
pub mod genes;
pub mod h5ad;
pub mod model;
pub mod sae;
pub mod shards;
pub mod tensors;
