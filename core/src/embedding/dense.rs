//! A linear layer over many rows.
//!
//! Every output is one sum in the order of the inputs, with separate multiplication and addition: wide
//! registers only change how many outputs are computed at once, so native code on any processor and
//! WebAssembly give the same bits.

use crate::simd::{Simd, WithSimd, widest};

/// Weights that are read for several lists of rows: half a megabyte.
const STRETCH: usize = 1 << 16;
/// Rows computed together, so that a row of weights is read once for all of them.
const ROWS: usize = 4;

/// `out[r][j] = bias[j] + Σ_k x[r][k] · weights[k][j]`, summed in the order of k.
///
/// `x` is `[rows, inputs]`, `weights` `[inputs, outputs]`, `out` `[rows, outputs]`, all row-major.
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

#[inline(always)]
fn blocks<const R: usize>(x: &[f32], inputs: usize, weights: &[f32], bias: &[f32], out: &mut [f32]) {
    let outputs = bias.len();
    let mut x_blocks = x.chunks(R * inputs.max(1));
    for out_block in out.chunks_mut(R * outputs) {
        let x_block = x_blocks.next().unwrap_or(&[]);
        if out_block.len() == R * outputs {
            block::<R>(x_block, inputs, weights, bias, out_block);
        } else {
            for (row, out_row) in out_block.chunks_mut(outputs).enumerate() {
                block::<1>(&x_block[row * inputs..(row + 1) * inputs], inputs, weights, bias, out_row);
            }
        }
    }
}

/// All outputs of some rows: as many at once as registers hold, then the rest in halves.
#[inline(always)]
fn block<const R: usize>(x: &[f32], inputs: usize, weights: &[f32], bias: &[f32], out: &mut [f32]) {
    let outputs = bias.len();
    let mut start = 0;
    while start + 16 <= outputs {
        tile::<R, 16>(x, inputs, weights, bias, out, start);
        start += 16;
    }
    if start + 8 <= outputs {
        tile::<R, 8>(x, inputs, weights, bias, out, start);
        start += 8;
    }
    if start + 4 <= outputs {
        tile::<R, 4>(x, inputs, weights, bias, out, start);
        start += 4;
    }
    while start < outputs {
        tile::<R, 1>(x, inputs, weights, bias, out, start);
        start += 1;
    }
}

#[inline(always)]
fn tile<const R: usize, const LANES: usize>(
    x: &[f32],
    inputs: usize,
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

/// `sums[j] += Σ_i factors[i] · weights[rows[i]][j]`, in the order of i: a linear layer over the few inputs of a row that
/// are not zero. The sums of 128 outputs stay in registers while the rows of weights go by.
///
/// # Panics
/// If there are fewer factors than rows, or `weights` has not as many rows of `sums.len()` values.
pub fn add_rows(sums: &mut [f32], rows: &[u32], factors: &[f32], weights: &[f32]) {
    assert!(factors.len() == rows.len());
    widest(Sparse { sums, rows, factors, weights });
}

struct Sparse<'a> {
    sums: &'a mut [f32],
    rows: &'a [u32],
    factors: &'a [f32],
    weights: &'a [f32],
}

impl WithSimd for Sparse<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { sums, rows, factors, weights } = self;
        // Eight registers of sums.
        match S::F32_LANES {
            16 => sparse::<128>(sums, rows, factors, weights),
            8 => sparse::<64>(sums, rows, factors, weights),
            _ => sparse::<32>(sums, rows, factors, weights),
        }
    }
}

/// [`add_rows`] for several lists of rows, each with its factors: `sums` is `[lists, outputs]`. A stretch of weights that
/// fits the processor's cache is read for all lists before the next one. The order within a list, and so every bit, is the
/// same.
///
/// # Panics
/// As [`add_rows`], or if there are fewer sums than lists.
pub fn add_rows_of_many(sums: &mut [f32], lists: &[(&[u32], Vec<f32>)], weights: &[f32]) {
    let Some(outputs) = sums.len().checked_div(lists.len()).filter(|&outputs| outputs > 0) else { return };
    let stretch = (STRETCH / outputs).max(1);
    let mut done = vec![0; lists.len()];
    for end in (0..weights.len() / outputs).step_by(stretch).map(|start| start + stretch) {
        for ((sums, (rows, factors)), done) in sums.chunks_mut(outputs).zip(lists).zip(&mut done) {
            let from = *done;
            // Not a binary search: in a list that does not rise, what comes after a later row waits for it.
            *done += rows[from..].iter().take_while(|&&row| (row as usize) < end).count();
            add_rows(sums, &rows[from..*done], &factors[from..*done], weights);
        }
    }
}

#[inline(always)]
fn sparse<const WIDTH: usize>(sums: &mut [f32], rows: &[u32], factors: &[f32], weights: &[f32]) {
    let outputs = sums.len();
    let (whole, rest) = sums.as_chunks_mut::<WIDTH>();
    let mut start = 0;
    for sum in whole {
        let mut held = *sum;
        for (&row, &factor) in rows.iter().zip(factors) {
            let at = row as usize * outputs + start;
            let weights: &[f32; WIDTH] = weights[at..].first_chunk().expect("one row of weights a row");
            for (total, weight) in held.iter_mut().zip(weights) {
                *total += factor * weight;
            }
        }
        *sum = held;
        start += WIDTH;
    }
    if !rest.is_empty() {
        for (&row, &factor) in rows.iter().zip(factors) {
            let at = row as usize * outputs + start;
            add_scaled(rest, factor, &weights[at..at + rest.len()]);
        }
    }
}

/// `into[j] += factor · row[j]`.
pub fn add_scaled(into: &mut [f32], factor: f32, row: &[f32]) {
    for (total, weight) in into.iter_mut().zip(row) {
        *total += factor * weight;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_held_in_registers_give_the_bits_of_one_after_another(
            outputs in 1usize..300,
            picked in prop::collection::vec(0u32..6, 0..12),
        ) {
            let number = |i: usize| (((i as u32 + 1).wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0) - 1.0;
            let weights: Vec<f32> = (0..6 * outputs).map(number).collect();
            let factors: Vec<f32> = (0..picked.len()).map(|i| number(i + 77)).collect();
            let mut sums: Vec<f32> = (0..outputs).map(|i| number(i + 9999)).collect();
            let mut expected = sums.clone();
            let mut many = [sums.as_slice(), &sums].concat();
            add_rows_of_many(&mut many, &[(&picked, factors.clone()), (&picked, factors.clone())], &weights);
            add_rows(&mut sums, &picked, &factors, &weights);
            prop_assert_eq!(many, [sums.as_slice(), &sums].concat());
            for (&row, &factor) in picked.iter().zip(&factors) {
                add_scaled(&mut expected, factor, &weights[row as usize * outputs..(row as usize + 1) * outputs]);
            }
            prop_assert_eq!(sums, expected);
        }

        #[test]
        fn blocks_equal_one_sum_after_another(rows in 0usize..9, inputs in 0usize..7, outputs in 1usize..40, seed in 0u32..1000) {
            let number = |i: usize| (((i as u32 + 1).wrapping_mul(2_654_435_761 ^ seed) >> 8) as f32 / 8_388_608.0) - 1.0;
            let x: Vec<f32> = (0..rows * inputs).map(number).collect();
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
