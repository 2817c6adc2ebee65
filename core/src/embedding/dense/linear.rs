//! A linear layer over rows of numbers.

use crate::simd::{Simd, WithSimd, widest};

/// Rows that are looked through together for inputs that are 0 in all of them: the swaps of one cell are.
const TOGETHER: usize = 128;
/// Of which so many are looked at first: rows of different cells have few such inputs in common.
const FIRST: usize = 8;
/// Rows computed together, so that a row of weights is read once for all of them.
const ROWS: usize = 4;

/// `out[r][j] = bias[j] + Σ_k x[r][k] · weights[k][j]`, summed in the order of k.
///
/// `x` is `[rows, inputs]`, `weights` `[inputs, outputs]`, `out` `[rows, outputs]`, all row-major. Weights are finite: those that
/// are only multiplied with 0 are not read.
///
/// # Panics
/// If the slices do not have these sizes.
pub fn linear(x: &[f32], inputs: usize, weights: &[f32], bias: &[f32], out: &mut [f32]) {
    let outputs = bias.len();
    if outputs == 0 || out.is_empty() {
        return;
    }
    let rows = out.len() / outputs;
    assert!(x.len() == rows * inputs && weights.len() == inputs * outputs && out.len() == rows * outputs);
    widest(Linear { x, inputs, weights, bias, out });
}

struct Linear<'a> {
    x: &'a [f32],
    inputs: usize,
    weights: &'a [f32],
    bias: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Linear<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { x, inputs, weights, bias, out } = self;
        match S::F32_LANES {
            // Twice the registers, each twice as wide.
            16 => blocks::<{ 2 * ROWS }>(x, inputs, weights, bias, out),
            _ => blocks::<ROWS>(x, inputs, weights, bias, out),
        }
    }
}

// Loops below are written out where an iterator would be shorter: a closure is compiled without the wide registers.

#[inline(always)]
fn blocks<const R: usize>(x: &[f32], inputs: usize, weights: &[f32], bias: &[f32], out: &mut [f32]) {
    let outputs = bias.len();
    let mut packed = Packed::default();
    let mut stretches = x.chunks(TOGETHER * inputs.max(1));
    for out in out.chunks_mut(TOGETHER * outputs) {
        let x = stretches.next().unwrap_or(&[]);
        let worth_it = packed.choose(x, inputs);
        for (at, out) in out.chunks_mut(R * outputs).enumerate() {
            let x = &x[at * R * inputs..];
            if out.len() == R * outputs {
                block::<R>((x, inputs), &mut packed, worth_it, weights, bias, out);
            } else {
                for (row, out) in out.chunks_mut(outputs).enumerate() {
                    block::<1>((&x[row * inputs..], inputs), &mut packed, worth_it, weights, bias, out);
                }
            }
        }
    }
}

/// The inputs of some rows, without those that are 0 in all of them.
#[derive(Default)]
struct Packed {
    /// Which are left, ascending.
    inputs: Vec<u32>,
    /// `[inputs left, rows]`.
    values: Vec<f32>,
    /// Bits of each input, of all rows together.
    bits: Vec<u32>,
}

impl Packed {
    /// Finds which inputs of `x`, `[rows, inputs]`, are left; says whether so many are not that packing is worth it.
    #[inline(always)]
    fn choose(&mut self, x: &[f32], inputs: usize) -> bool {
        self.bits.clear();
        self.bits.resize(inputs, 0);
        let (first, others) = x.split_at(x.len().min(FIRST * inputs));
        for part in [first, others] {
            for row in part.chunks_exact(inputs.max(1)) {
                for (bits, value) in self.bits.iter_mut().zip(row) {
                    // but for the sign
                    *bits |= value.to_bits() << 1;
                }
            }
            let mut left = 0;
            for &bits in &self.bits {
                left += u32::from(bits != 0);
            }
            if left as usize * 8 > inputs * 7 {
                return false;
            }
        }
        self.inputs.clear();
        for (input, &bits) in (0..).zip(&self.bits) {
            if bits != 0 {
                self.inputs.push(input);
            }
        }
        true
    }

    /// Packs the first R rows of `x`.
    #[inline(always)]
    fn pack<const R: usize>(&mut self, x: &[f32], inputs: usize) {
        self.values.resize(self.inputs.len() * R, 0.0);
        for (values, &input) in self.values.chunks_exact_mut(R).zip(&self.inputs) {
            for (row, value) in values.iter_mut().enumerate() {
                *value = x[row * inputs + input as usize];
            }
        }
    }
}

/// Calls a function for all outputs: as many at once as registers hold, then the rest in halves.
macro_rules! tiles {
    ($tile:ident::<$rows:ident>($from:expr, $weights:ident, $bias:ident, $out:ident)) => {{
        let mut start = 0;
        while start + 16 <= $bias.len() {
            $tile::<$rows, 16>($from, $weights, $bias, $out, start);
            start += 16;
        }
        if start + 8 <= $bias.len() {
            $tile::<$rows, 8>($from, $weights, $bias, $out, start);
            start += 8;
        }
        if start + 4 <= $bias.len() {
            $tile::<$rows, 4>($from, $weights, $bias, $out, start);
            start += 4;
        }
        while start < $bias.len() {
            $tile::<$rows, 1>($from, $weights, $bias, $out, start);
            start += 1;
        }
    }};
}

/// All outputs of R rows.
#[inline(always)]
fn block<const R: usize>(
    (x, inputs): (&[f32], usize),
    packed: &mut Packed,
    worth_it: bool,
    weights: &[f32],
    bias: &[f32],
    out: &mut [f32],
) {
    if worth_it {
        packed.pack::<R>(x, inputs);
        tiles!(packed_tile::<R>(packed, weights, bias, out));
    } else {
        tiles!(tile::<R>((x, inputs), weights, bias, out));
    }
}

#[inline(always)]
fn tile<const R: usize, const LANES: usize>(
    (x, inputs): (&[f32], usize),
    weights: &[f32],
    bias: &[f32],
    out: &mut [f32],
    start: usize,
) {
    let outputs = bias.len();
    let x = &x[..R * inputs];
    let mut sums = [[0.0f32; LANES]; R];
    for sum in &mut sums {
        sum.copy_from_slice(&bias[start..start + LANES]);
    }
    for k in 0..inputs {
        let row = &weights[k * outputs + start..k * outputs + start + LANES];
        for (r, sum) in sums.iter_mut().enumerate() {
            let factor = x[r * inputs + k];
            for (total, weight) in sum.iter_mut().zip(row) {
                *total += factor * weight;
            }
        }
    }
    for (r, sum) in sums.iter().enumerate() {
        out[r * outputs + start..r * outputs + start + LANES].copy_from_slice(sum);
    }
}

/// The same from packed inputs.
#[inline(always)]
fn packed_tile<const R: usize, const LANES: usize>(
    packed: &Packed,
    weights: &[f32],
    bias: &[f32],
    out: &mut [f32],
    start: usize,
) {
    let outputs = bias.len();
    let mut sums = [[0.0f32; LANES]; R];
    for sum in &mut sums {
        sum.copy_from_slice(&bias[start..start + LANES]);
    }
    for place in 0..packed.inputs.len() {
        let at = packed.inputs[place] as usize * outputs + start;
        let row = &weights[at..at + LANES];
        let factors = &packed.values[place * R..place * R + R];
        for (r, sum) in sums.iter_mut().enumerate() {
            let factor = factors[r];
            for (total, weight) in sum.iter_mut().zip(row) {
                *total += factor * weight;
            }
        }
    }
    for (r, sum) in sums.iter().enumerate() {
        out[r * outputs + start..r * outputs + start + LANES].copy_from_slice(sum);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn blocks_equal_one_sum_after_another(rows in 0usize..9, inputs in 0usize..7, outputs in 1usize..40, seed in 0u32..1000) {
            let number = |i: usize| (((i as u32 + 1).wrapping_mul(2_654_435_761 ^ seed) >> 8) as f32 / 8_388_608.0) - 1.0;
            // some inputs are 0 in one row, some in all
            let zero = |i: usize| i.is_multiple_of(3) || seed.is_multiple_of(2) && i % inputs == 1;
            let x: Vec<f32> = (0..rows * inputs).map(|i| if zero(i) { 0.0 } else { number(i) }).collect();
            let weights: Vec<f32> = (0..inputs * outputs).map(|i| number(i + 977)).collect();
            let bias: Vec<f32> = (0..outputs).map(|i| number(i + 55)).collect();
            let mut out = vec![0.0; rows * outputs];
            linear(&x, inputs, &weights, &bias, &mut out);
            for r in 0..rows {
                for j in 0..outputs {
                    let mut sum = bias[j];
                    for k in 0..inputs {
                        sum += x[r * inputs + k] * weights[k * outputs + j];
                    }
                    prop_assert_eq!(sum.to_bits(), out[r * outputs + j].to_bits());
                }
            }
        }
    }
}
