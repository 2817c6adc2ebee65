//! Statistics used beside the concepts: differential expression, assignment, multiple testing, maps.

pub mod differential;
mod hungarian;
pub mod layout;

pub use hungarian::maximum_assignment;
