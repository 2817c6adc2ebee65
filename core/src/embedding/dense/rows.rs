//! A linear layer over the few inputs that are not 0.

use crate::simd::{Simd, WithSimd, widest};

/// Weights that are read for several lists of rows: half a megabyte.
const STRETCH: usize = 1 << 16;

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
    }
}
