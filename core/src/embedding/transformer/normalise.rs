//! The sum of two, normalised over the features of each position.

use super::{
    features::{BLOCK, Features},
    weights::Normalisation,
};
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
    fn with_simd<S: Simd>(self, _: S) {
        let Self { x, skip, norm, epsilon } = self;
        let features = norm.scale.len();
        let mut block = vec![[0.0f32; BLOCK]; features];
        for start in (0..x.stride()).step_by(BLOCK) {
            let mut mean = [0.0f32; BLOCK];
            for (feature, sums) in block.iter_mut().enumerate() {
                let (a, b) =
                    (&x.row(feature)[start..start + BLOCK], &skip.row(feature)[start..start + BLOCK]);
                for (((sum, mean), &a), &b) in sums.iter_mut().zip(&mut mean).zip(a).zip(b) {
                    *sum = a + b;
                    *mean += *sum;
                }
            }
            mean.iter_mut().for_each(|mean| *mean /= features as f32);
            let mut factor = [0.0f32; BLOCK];
            for sums in &mut block {
                for ((sum, factor), &mean) in sums.iter_mut().zip(&mut factor).zip(&mean) {
                    *sum -= mean;
                    *factor = sum.mul_add(*sum, *factor);
                }
            }
            factor.iter_mut().for_each(|f| *f = 1.0 / (*f / features as f32 + epsilon).sqrt());
            for (feature, sums) in block.iter().enumerate() {
                let (scale, shift) = (norm.scale[feature], norm.shift[feature]);
                let out = &mut x.row_mut(feature)[start..start + BLOCK];
                for ((out, &sum), &factor) in out.iter_mut().zip(sums).zip(&factor) {
                    *out = (sum * factor).mul_add(scale, shift);
                }
            }
        }
    }
}
