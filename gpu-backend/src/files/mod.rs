//! Formats of files, to and from the types of `cellprism-core`.

pub mod bundle;
pub mod embeddings;
pub mod gene_sets;
pub mod genes;
pub mod h5ad;
pub mod sae;
pub mod tensors;
