//! Reading and writing files.

pub mod atomic;
pub mod h5ad;
