//! Archetypal dictionaries (after Fel et al. 2025, "Archetypal SAE"): every dictionary row is a mixture of cells, so that
//! it cannot wander off the data and comes back from other seeds.
//!
//! ```text
//! D_j = Σ_a W_ja · (x_a − centre) + Λ_j      W ≥ 0, Σ_a W_ja = 1, ‖Λ_j‖ ≤ δ
//! ∂W = ∂D · (x − centre)ᵀ      ∂Λ = ∂D      Adam; rows of W go to the nearest point of the simplex, Λ_j into the ball
//! ```
//!
//! The anchors x_a are embeddings chosen by k-means++; `centre` is the mean cell where the decoder bias stands for it,
//! otherwise 0. Rows keep the length that the mixture has. While training, dictionary and encoder are scaled by a power
//! of two near the anchors' size, so that the learning rate means the same as for unit rows.

mod anchors;
mod mixture;
mod result;
mod simplex;
mod step;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub(crate) use anchors::Hull;
pub use mixture::{Mixture, MixtureParts};
pub use result::{Archetypes, FILE};
pub(crate) use step::Mixing;

/// Rows of the dictionary as mixtures of cells.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Archetypal {
    /// Cells that are mixed.
    pub anchors: usize,
    /// δ: how far, in units of the embeddings, a dictionary row may lie off its mixture; 0 for not at all.
    pub relaxation: f64,
    /// Seed of the choice of anchors. It is not the training's, so that trainings of several seeds share them.
    pub anchor_seed: u64,
}
