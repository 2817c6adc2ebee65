//! What a training loop asks of an engine.

use ndarray::ArrayView2;

use super::State;

/// What went wrong in an engine: its own error.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct EngineFailure(pub Box<dyn std::error::Error + Send + Sync>);

/// Figures of one step, from before its update.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StepReport {
    /// Cells in the batch.
    pub cells: usize,
    /// Sum of squared errors over cells and dimensions.
    pub sse: f64,
    /// Mean squared error of the auxiliary reconstruction, before its weight; 0 without dead concepts.
    pub aux: f64,
    /// Positive activations in the batch.
    pub entries: u64,
    /// Concepts active in the batch.
    pub active: u32,
    /// Dead concepts.
    pub dead: u32,
}

/// One optimiser step after the other on some hardware.
pub trait Engine {
    /// Replaces weights, moments and counters.
    ///
    /// # Errors
    /// If the device fails.
    fn restore(&mut self, state: &State) -> Result<(), EngineFailure>;

    /// One step on these rows of the embeddings.
    ///
    /// # Errors
    /// If the device fails.
    fn step(
        &mut self,
        data: ArrayView2<'_, f32>,
        rows: &[u32],
        learning_rate: f64,
    ) -> Result<StepReport, EngineFailure>;

    /// Weights, moments and counters now.
    ///
    /// # Errors
    /// If the device fails.
    fn state(&mut self) -> Result<State, EngineFailure>;
}
