//! Reading and writing files.

pub mod atomic;
