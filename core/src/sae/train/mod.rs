//! Training of a TopK sparse autoencoder: mean squared error plus AuxK (Gao et al. 2024), unit-norm dictionary rows,
//! Adam, seeded shuffles.
//!
//! For a batch of B cells with embeddings x [B, d]:
//!
//! ```text
//! input = x − b_dec (or x)          pre = input · W_enc + b_enc         u = ReLU(TopK(pre, k))
//! e     = x − b_dec − u · W_dec     loss = Σ e² / (B·d)                 g = −2 e / (B·d)
//! ∂pre  = (g · W_decᵀ) ⊙ [u > 0]    ∂W_dec = uᵀ · g
//! dead concepts (no activation in the last `dead_window` cells, this batch included) rebuild the constant residual e:
//! a     = ReLU(TopK(pre of the dead, aux_k))      q = e − a · W_dec      aux = Σ q² / (B·d)
//! the same two gradients with −2·aux_coefficient·q / (B·d) in place of g
//! ∂W_enc = inputᵀ · ∂pre     ∂b_enc = Σ ∂pre     ∂b_dec = Σ g − W_enc · ∂b_enc (last term only where b_dec is subtracted)
//! ∂W_dec loses its part along each row; Adam; each row of W_dec is divided by its length
//! ```
//!
//! [`archetypal`] dictionaries are mixtures of cells instead of unit rows.
//!
//! Two engines compute the same step: [`Native`] here, and the ONNX graph of `cellprism-onnx`. [`naive`] is the plain
//! dense version in f64 that both are tested against.
//!
//! **Same bits.** A run depends on its options, seed and data only: never on threads, interruption or machine. Sums have
//! a fixed order; [`Arithmetic`] says whether products are fused into sums.

mod adam;
pub mod archetypal;
mod by_concept;
mod checkpoint;
mod engine;
mod forward;
mod groups;
pub mod naive;
mod native;
mod options;
mod parameters;
mod plan;
mod progress;
mod random;
mod resample;
mod residual;
mod rows;
mod schedule;
mod session;
mod state;
#[cfg(test)]
mod tests;
mod update;

use std::ops::ControlFlow;

use ndarray::ArrayView2;

pub use archetypal::{Archetypal, Archetypes};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use engine::{Engine, EngineFailure, StepReport};
pub use groups::rows_of_groups;
pub use native::Native;
pub use options::{
    AUX_COEFFICIENT, Arithmetic, BATCH, EarlyStop, LEARNING_RATE, Resample, Schedule, Split, TrainOptions,
    default_epochs,
};
pub use parameters::Parameters;
pub use plan::Plan;
pub use progress::Progress;
pub use session::{EpochMetrics, Session};
pub use state::State;

pub(crate) use random::{Purpose, below, generator, nearly_normal, nearly_normal_stream, shuffle};

use super::SaeWeights;

/// Why a training cannot start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// An option that makes no sense, alone or with these embeddings.
    #[error("{option}: {problem}")]
    Option {
        /// Its name as on the command line, without dashes.
        option: &'static str,
        /// What is wrong with it, and what it may be.
        problem: String,
    },
    /// Embeddings that nothing can be learned from.
    #[error("embeddings: {0}")]
    Embeddings(String),
    /// The engine failed.
    #[error("training step {step}: {failure}")]
    Engine {
        /// Steps done before.
        step: u64,
        /// Its words.
        failure: EngineFailure,
    },
    /// A loss or a weight is no longer a finite number.
    #[error(
        "training diverged in epoch {epoch} (step {step}): {what} is not a finite number. Use a smaller learning rate (it was {learning_rate}) or clip gradients"
    )]
    Diverged {
        /// Epoch, from 1.
        epoch: u32,
        /// Step, from 1.
        step: u64,
        /// `the loss` or a tensor.
        what: String,
        /// The learning rate then.
        learning_rate: f64,
    },
    /// A checkpoint that does not fit.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// Trains on embeddings [n, d] with the native engine. `progress` is called after every epoch; where it answers
/// [`ControlFlow::Break`], training ends with the weights reached.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use cellprism_core::sae::{metrics::evaluate, train::{TrainOptions, train}};
/// use ndarray::Array2;
///
/// // cells along one of two directions
/// let cells = Array2::from_shape_fn((60, 2), |(cell, i)| if cell % 2 == i { 1.0 + cell as f32 / 60.0 } else { 0.0 });
/// let options = TrainOptions { learning_rate: 0.01, batch: 20, ..TrainOptions::new(4, 1, 200) };
/// let sae = train(cells.view(), &options, &mut |_| ControlFlow::Continue(()))?;
/// assert!(evaluate(&sae, cells.view()).r2 > 0.9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If options or embeddings make no sense, or training diverges.
pub fn train(
    embeddings: ArrayView2<'_, f32>,
    options: &TrainOptions,
    progress: &mut dyn FnMut(&EpochMetrics) -> ControlFlow<()>,
) -> Result<SaeWeights, TrainError> {
    let plan = Plan::new(embeddings, options.clone())?;
    let engine = Box::new(Native::new(&plan));
    let mut session = Session::start(plan, engine)?;
    while let Some(metrics) = session.epoch(&mut |_| {})? {
        if progress(&metrics).is_break() {
            break;
        }
    }
    session.weights()
}
