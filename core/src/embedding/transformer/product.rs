//! A linear layer over all positions of a sequence.

use super::{
    accumulate::{Block, Factors, ROWS, accumulate, packed},
    features::{BLOCK, Features},
    weights::Affine,
};
use crate::simd::{Simd, WithSimd, widest};

/// Lanes of a sum that runs along vectors.
pub(super) const LANES: usize = 16;

/// `out[o][p] = bias[o] + Σ_i weights[o][i] · x[i][p]`, in the order of i.
pub(super) fn affine(layer: &Affine, x: &Features) -> Features {
    let mut out = Features::zeros(layer.outputs(), x.positions());
    let weights = packed(&layer.weights, layer.inputs());
    widest(Product { bias: &layer.bias, weights: &weights, x, out: &mut out });
    out
}

struct Product<'a> {
    bias: &'a [f32],
    /// Eight rows after eight.
    weights: &'a [Vec<Factors>],
    x: &'a Features,
    out: &'a mut Features,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { bias, weights, x, out } = self;
        // A block of positions lies together while all outputs are computed from it.
        let mut block: Vec<Block> = vec![[0.0; BLOCK]; x.features()];
        let mut sums = [[0.0; BLOCK]; ROWS];
        for start in (0..x.stride()).step_by(BLOCK) {
            for (input, values) in block.iter_mut().enumerate() {
                values.copy_from_slice(&x.row(input)[start..start + BLOCK]);
            }
            for (eight, (weights, bias)) in weights.iter().zip(bias.chunks(ROWS)).enumerate() {
                let mut begin = [0.0; ROWS];
                begin[..bias.len()].copy_from_slice(bias);
                accumulate(simd, weights, &block, &begin, &mut sums);
                for (place, sum) in sums[..bias.len()].iter().enumerate() {
                    out.row_mut(eight * ROWS + place)[start..start + BLOCK].copy_from_slice(sum);
                }
            }
        }
    }
}

/// Σ a · b, in sixteen lanes and then across them.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    widest(Dot { a, b })
}

struct Dot<'a> {
    a: &'a [f32],
    b: &'a [f32],
}

impl WithSimd for Dot<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let (a, rest_a) = self.a.as_chunks::<LANES>();
        let (b, rest_b) = self.b.as_chunks::<LANES>();
        let mut sums = [0.0f32; LANES];
        for (a, b) in a.iter().zip(b) {
            let (a, b) = (S::as_simd_f32s(a).0, S::as_simd_f32s(b).0);
            for ((sum, &a), &b) in S::as_mut_simd_f32s(&mut sums).0.iter_mut().zip(a).zip(b) {
                *sum = simd.mul_add_f32s(a, b, *sum);
            }
        }
        rest_a.iter().zip(rest_b).fold(across(&sums), |sum, (&a, &b)| a.mul_add(b, sum))
    }
}

/// The sum of lanes, halves added to halves.
#[inline(always)]
pub(super) fn across(lanes: &[f32; LANES]) -> f32 {
    let eight: [f32; 8] = std::array::from_fn(|i| lanes[i] + lanes[i + 8]);
    let four: [f32; 4] = std::array::from_fn(|i| eight[i] + eight[i + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tiles_equal_one_sum_after_another(positions in 1usize..70, inputs in 1usize..40, outputs in 1usize..20) {
            let number = |i: usize| (((i as u32 + 1).wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0) - 1.0;
            let layer = Affine {
                weights: (0..inputs * outputs).map(number).collect(),
                bias: (0..outputs).map(|i| number(i + 91)).collect(),
            };
            let vectors: Vec<Vec<f32>> =
                (0..positions).map(|p| (0..inputs).map(|i| number(p * inputs + i + 7)).collect()).collect();
            let x = Features::of_positions(&vectors.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let out = affine(&layer, &x);
            for (p, vector) in vectors.iter().enumerate() {
                for (o, &alone) in layer.of(vector).iter().enumerate() {
                    let sum = (0..inputs).fold(layer.bias[o], |sum, i| layer.weights[o * inputs + i].mul_add(vector[i], sum));
                    prop_assert_eq!(out.row(o)[p].to_bits(), sum.to_bits());
                    prop_assert!((alone - sum).abs() <= 1e-5);
                }
            }
        }
    }
}
