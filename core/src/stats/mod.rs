//! Statistics used beside the concepts: cell-cycle phases, differential expression, assignment, multiple testing, maps.

pub mod beta;
pub mod cell_cycle;
pub mod differential;
mod hungarian;
pub mod layout;

pub use hungarian::maximum_assignment;
