//! Statistics used beside the concepts: cell-cycle phases, differential expression, assignment, multiple testing, rank
//! correlation, covariances and their eigenvalues, maps, shares with their intervals, agreement of raters.

pub mod beta;
pub mod cell_cycle;
mod clopper_pearson;
pub mod covariance;
pub mod differential;
mod eigenvalues;
pub(crate) mod exponential;
mod expression;
mod fisher;
mod hungarian;
mod kappa;
pub mod layout;
mod log1p;
mod proportion;
mod spearman;

pub use clopper_pearson::upper_bound;
pub use eigenvalues::eigenvalues;
pub use fisher::fisher_exact;
pub use hungarian::maximum_assignment;
pub use kappa::{Kappa, cohen_kappa};
pub use proportion::{Share, difference, wilson};
pub use spearman::spearman;
