//! The tensors that are trained.

/// The four tensors, or their moments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    /// [c, d]: one row a concept, the transpose of the file's W_enc.
    pub w_enc: Vec<f32>,
    /// `[c]`.
    pub b_enc: Vec<f32>,
    /// [c, d].
    pub w_dec: Vec<f32>,
    /// `[d]`.
    pub b_dec: Vec<f32>,
}

impl Parameters {
    pub(super) fn zeros(d: usize, c: usize) -> Self {
        Self { w_enc: vec![0.0; c * d], b_enc: vec![0.0; c], w_dec: vec![0.0; c * d], b_dec: vec![0.0; d] }
    }

    /// The tensors by their names in files.
    pub fn named(&self) -> [(&'static str, &Vec<f32>); 4] {
        [("W_enc", &self.w_enc), ("b_enc", &self.b_enc), ("W_dec", &self.w_dec), ("b_dec", &self.b_dec)]
    }

    /// The tensors by their names in files.
    pub fn named_mut(&mut self) -> [(&'static str, &mut Vec<f32>); 4] {
        [
            ("W_enc", &mut self.w_enc),
            ("b_enc", &mut self.b_enc),
            ("W_dec", &mut self.w_dec),
            ("b_dec", &mut self.b_dec),
        ]
    }
}
