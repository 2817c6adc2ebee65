//! What is done.

pub mod bundle;
