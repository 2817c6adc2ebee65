//! Statistics used beside the concepts: cell-cycle phases, differential expression, assignment, multiple testing, rank
//! correlation, maps.

pub mod beta;
pub mod cell_cycle;
pub mod differential;
mod hungarian;
pub mod layout;
mod spearman;

pub use hungarian::maximum_assignment;
pub use spearman::spearman;
