//! Statistics used beside the concepts: differential expression, assignment, multiple testing.

mod hungarian;

pub use hungarian::maximum_assignment;
