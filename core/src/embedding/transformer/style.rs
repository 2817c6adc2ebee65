//! What all layers have in common.

/// Heads, and what is added to variances.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) heads: usize,
    pub(super) epsilon: f32,
}

impl Style {
    /// What queries are multiplied with, so that powers of two of scores are the softmax's terms.
    pub(super) fn scale(self, width: usize) -> f32 {
        (std::f64::consts::LOG2_E / ((width / self.heads) as f64).sqrt()) as f32
    }
}
