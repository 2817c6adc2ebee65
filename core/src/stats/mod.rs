//! Statistics used beside the concepts: cell-cycle phases, differential expression, assignment, multiple testing, rank
//! correlation, covariances and their eigenvalues, maps.

pub mod beta;
pub mod cell_cycle;
pub mod covariance;
pub mod differential;
mod eigenvalues;
mod expression;
mod fisher;
mod hungarian;
pub mod layout;
mod log1p;
mod spearman;

pub use eigenvalues::eigenvalues;
pub use fisher::fisher_exact;
pub use hungarian::maximum_assignment;
pub use spearman::spearman;
