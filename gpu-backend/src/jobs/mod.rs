//! What is done.

pub mod bundle;
pub mod ladder;
