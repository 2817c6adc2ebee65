//! Adam (Kingma and Ba 2015), as PyTorch computes it: w − lr/(1−β₁ᵗ) · m / (√(v/(1−β₂ᵗ)) + ε), written as
//! w − rate · m / (√v + floor) with both scalars computed in f64.

use crate::simd::{Simd, multiply_add, multiply_add_one};

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

    /// Updates weights and moments by a gradient of the same length, a multiple of 16.
    #[inline(always)]
    pub(crate) fn update<S: Simd, const FUSED: bool>(&self, simd: S, tensor: Tensor<'_>, gradient: &[f32]) {
        let number = |v: f32| simd.splat_f32s(v);
        let (b1, b2) = (number(self.beta1 as f32), number(self.beta2 as f32));
        let (c1, c2) = (number((1.0 - self.beta1) as f32), number((1.0 - self.beta2) as f32));
        let (rate, floor) = (number(self.rate), number(self.floor));
        let (w, m) = (S::as_mut_simd_f32s(tensor.w).0, S::as_mut_simd_f32s(tensor.m).0);
        let (v, g) = (S::as_mut_simd_f32s(tensor.v).0, S::as_simd_f32s(gradient).0);
        for (((w, m), v), &g) in w.iter_mut().zip(m).zip(v).zip(g) {
            *m = multiply_add::<S, FUSED>(simd, b1, *m, simd.mul_f32s(c1, g));
            *v = multiply_add::<S, FUSED>(simd, b2, *v, simd.mul_f32s(c2, simd.mul_f32s(g, g)));
            let step = simd.div_f32s(*m, simd.add_f32s(simd.sqrt_f32s(*v), floor));
            *w = simd.sub_f32s(*w, simd.mul_f32s(rate, step));
        }
    }

    /// The same for single numbers.
    #[inline(always)]
    pub(crate) fn update_each<const FUSED: bool>(&self, tensor: Tensor<'_>, gradient: &[f32]) {
        let (b1, b2) = (self.beta1 as f32, self.beta2 as f32);
        let (c1, c2) = ((1.0 - self.beta1) as f32, (1.0 - self.beta2) as f32);
        for (((w, m), v), g) in tensor.w.iter_mut().zip(tensor.m).zip(tensor.v).zip(gradient) {
            *m = multiply_add_one::<FUSED>(b1, *m, c1 * g);
            *v = multiply_add_one::<FUSED>(b2, *v, c2 * (g * g));
            *w -= self.rate * (*m / (v.sqrt() + self.floor));
        }
    }
}
