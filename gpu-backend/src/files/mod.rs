//! Formats of files, to and from the types of `cellprism-core`.

pub mod bundle;
pub mod csv;
pub mod embeddings;
pub mod features;
pub mod gene_sets;
pub mod genes;
pub mod h5ad;
pub mod lines;
pub mod sae;
pub mod tensors;
