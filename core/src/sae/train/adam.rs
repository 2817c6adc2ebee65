//! Adam (Kingma and Ba 2015), as PyTorch computes it: w − lr/(1−β₁ᵗ) · m / (√(v/(1−β₂ᵗ)) + ε), written as
//! w − rate · m / (√v + floor) with both scalars computed in f64.

use crate::sae::simd::multiply_add;

/// Adam's constants and how often it has run.
#[derive(Clone, Debug)]
pub(crate) struct Adam {
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    /// β₁ᵗ and β₂ᵗ, by repeated products: the same bits everywhere, which `powf` does not promise.
    powers: (f64, f64),
    rate: f32,
    floor: f32,
}

/// A tensor, or part of one, with its moments.
pub(crate) struct Tensor<'a> {
    pub w: &'a mut [f32],
    pub m: &'a mut [f32],
    pub v: &'a mut [f32],
}

impl Adam {
    pub(crate) fn new(beta1: f64, beta2: f64, epsilon: f64) -> Self {
        Self { beta1, beta2, epsilon, powers: (1.0, 1.0), rate: 0.0, floor: 0.0 }
    }

    /// As after `step` steps.
    pub(crate) fn set_step(&mut self, step: u64) {
        self.powers = (1.0, 1.0);
        for _ in 0..step {
            self.powers = (self.powers.0 * self.beta1, self.powers.1 * self.beta2);
        }
    }

    /// Begins the next step.
    pub(crate) fn advance(&mut self, learning_rate: f64) {
        self.powers = (self.powers.0 * self.beta1, self.powers.1 * self.beta2);
        let root = (1.0 - self.powers.1).sqrt();
        self.rate = (learning_rate * root / (1.0 - self.powers.0)) as f32;
        self.floor = (root * self.epsilon) as f32;
    }

    /// Updates weights and moments by a gradient of the same length.
    #[inline(always)]
    pub(crate) fn update<const FUSED: bool>(&self, tensor: Tensor<'_>, gradient: &[f32]) {
        let (b1, b2) = (self.beta1 as f32, self.beta2 as f32);
        let (c1, c2) = ((1.0 - self.beta1) as f32, (1.0 - self.beta2) as f32);
        let (rate, floor) = (self.rate, self.floor);
        for (((w, m), v), g) in tensor.w.iter_mut().zip(tensor.m).zip(tensor.v).zip(gradient) {
            *m = multiply_add::<FUSED>(b1, *m, c1 * g);
            *v = multiply_add::<FUSED>(b2, *v, c2 * (g * g));
            *w -= rate * (*m / (v.sqrt() + floor));
        }
    }
}
