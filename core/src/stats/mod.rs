//! Statistics used beside the concepts: cell-cycle phases, differential expression, assignment, multiple testing, rank
//! correlation, covariances and their eigenvalues, maps.

pub mod beta;
pub mod cell_cycle;
pub mod covariance;
pub mod differential;
mod eigenvalues;
mod hungarian;
pub mod layout;
pub mod proportion;
mod spearman;

pub use eigenvalues::eigenvalues;
pub use hungarian::maximum_assignment;
pub use spearman::spearman;
