//! Reading and writing files.

pub mod atomic;
pub mod genes;
pub mod h5ad;
