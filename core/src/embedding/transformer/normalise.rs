//! The sum of two, normalised over the features of each position.

use super::{features::Features, weights::Normalisation};
use crate::simd::{Simd, WithSimd, widest};

/// `x` becomes the normalised sum of `x` and `skip`.
pub(super) fn add_normalised(x: &mut Features, skip: &Features, norm: &Normalisation, epsilon: f32) {
    widest(AddNormalised { x, skip, norm, epsilon });
}

struct AddNormalised<'a> {
    x: &'a mut Features,
    skip: &'a Features,
    norm: &'a Normalisation,
    epsilon: f32,
}

impl WithSimd for AddNormalised<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, skip, norm, epsilon } = self;
        let features = norm.scale.len();
        let (one, n) = (simd.splat_f32s(1.0), simd.splat_f32s(features as f32));
        let mut block = vec![simd.splat_f32s(0.0); features];
        for start in (0..x.stride()).step_by(S::F32_LANES) {
            let at = |of: &Features, feature: usize| S::as_simd_f32s(&of.row(feature)[start..]).0[0];
            let mut mean = simd.splat_f32s(0.0);
            for (feature, sum) in block.iter_mut().enumerate() {
                *sum = simd.add_f32s(at(x, feature), at(skip, feature));
                mean = simd.add_f32s(mean, *sum);
            }
            let mean = simd.div_f32s(mean, n);
            let mut squares = simd.splat_f32s(0.0);
            for sum in &mut block {
                *sum = simd.sub_f32s(*sum, mean);
                squares = simd.mul_add_f32s(*sum, *sum, squares);
            }
            let variance = simd.add_f32s(simd.div_f32s(squares, n), simd.splat_f32s(epsilon));
            let factor = simd.div_f32s(one, simd.sqrt_f32s(variance));
            for (feature, &sum) in block.iter().enumerate() {
                let (scale, shift) =
                    (simd.splat_f32s(norm.scale[feature]), simd.splat_f32s(norm.shift[feature]));
                let value = simd.mul_add_f32s(simd.mul_f32s(sum, factor), scale, shift);
                S::as_mut_simd_f32s(&mut x.row_mut(feature)[start..]).0[0] = value;
            }
        }
    }
}
