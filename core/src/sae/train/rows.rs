//! Sums over few rows of a matrix: what is left of the dense products after TopK.
//!
//! Rows have a length that is a multiple of 16, zero beyond d. Order of sums: [`add_rows`] adds one row after the
//! other; [`dot_rows`] sums position i into lane i mod 16, then the lanes in pairs.

use crate::simd::{Simd, multiply_add};

/// Numbers that a row length is a multiple of.
pub(crate) const LANES: usize = 16;

/// `out += Σ coefficients[t] · matrix[rows[t]]`, in the order of t.
#[inline(always)]
pub(crate) fn add_rows<S: Simd, const FUSED: bool>(
    simd: S,
    out: &mut [f32],
    coefficients: &[f32],
    rows: &[u32],
    matrix: &[f32],
) {
    let mut from = 0;
    let mut left = out.len() / S::F32_LANES;
    while left >= 8 {
        add_part::<S, FUSED, 8>(simd, out, from, coefficients, rows, matrix);
        from += 8 * S::F32_LANES;
        left -= 8;
    }
    while left >= 4 {
        add_part::<S, FUSED, 4>(simd, out, from, coefficients, rows, matrix);
        from += 4 * S::F32_LANES;
        left -= 4;
    }
    while left >= 1 {
        add_part::<S, FUSED, 1>(simd, out, from, coefficients, rows, matrix);
        from += S::F32_LANES;
        left -= 1;
    }
}

/// N vectors of the row, held in registers over all t.
#[inline(always)]
fn add_part<S: Simd, const FUSED: bool, const N: usize>(
    simd: S,
    out: &mut [f32],
    from: usize,
    coefficients: &[f32],
    rows: &[u32],
    matrix: &[f32],
) {
    let (stride, width) = (out.len(), N * S::F32_LANES);
    let (target, _) = S::as_mut_simd_f32s(&mut out[from..from + width]);
    let mut sums = [simd.splat_f32s(0.0); N];
    sums.copy_from_slice(target);
    for (&coefficient, &row) in coefficients.iter().zip(rows) {
        let start = row as usize * stride + from;
        let (row, _) = S::as_simd_f32s(&matrix[start..start + width]);
        let coefficient = simd.splat_f32s(coefficient);
        for (sum, &row) in sums.iter_mut().zip(row) {
            *sum = multiply_add::<S, FUSED>(simd, coefficient, row, *sum);
        }
    }
    target.copy_from_slice(&sums);
}

/// Scalar product of two rows.
#[inline(always)]
pub(crate) fn dot<S: Simd, const FUSED: bool>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let [sum] = dots::<S, FUSED, 1>(simd, a, [b]);
    sum
}

/// `out[t] = vector · matrix[rows[t]]`.
#[inline(always)]
pub(crate) fn dot_rows<S: Simd, const FUSED: bool>(
    simd: S,
    out: &mut [f32],
    vector: &[f32],
    rows: &[u32],
    matrix: &[f32],
) {
    let stride = vector.len();
    let row = |t: u32| &matrix[t as usize * stride..(t as usize + 1) * stride];
    let (groups, singles) = rows.as_chunks::<8>();
    let (out_groups, out_singles) = out.as_chunks_mut::<8>();
    for (rows, out) in groups.iter().zip(out_groups) {
        *out = dots::<S, FUSED, 8>(simd, vector, rows.map(row));
    }
    for (&t, out) in singles.iter().zip(out_singles) {
        *out = dot::<S, FUSED>(simd, vector, row(t));
    }
}

/// Scalar products of a vector with N others.
#[inline(always)]
fn dots<S: Simd, const FUSED: bool, const N: usize>(
    simd: S,
    vector: &[f32],
    others: [&[f32]; N],
) -> [f32; N] {
    let mut lanes = [[0.0f32; LANES]; N];
    // Vectors narrower than the lanes are summed part by part.
    for part in (0..LANES).step_by(S::F32_LANES) {
        let mut sums = [simd.splat_f32s(0.0); N];
        for from in (part..vector.len()).step_by(LANES) {
            let v = S::as_simd_f32s(&vector[from..from + S::F32_LANES]).0[0];
            for (sum, other) in sums.iter_mut().zip(others) {
                let o = S::as_simd_f32s(&other[from..from + S::F32_LANES]).0[0];
                *sum = multiply_add::<S, FUSED>(simd, v, o, *sum);
            }
        }
        for (lanes, sum) in lanes.iter_mut().zip(sums) {
            S::as_mut_simd_f32s(&mut lanes[part..part + S::F32_LANES]).0[0] = sum;
        }
    }
    lanes.map(fold)
}

/// Sum of squares in f64, position i into lane i mod 16, then the lanes in pairs.
#[inline(always)]
pub(crate) fn sum_of_squares(row: &[f32]) -> f64 {
    let mut lanes = [0.0f64; LANES];
    for block in row.as_chunks::<LANES>().0 {
        for l in 0..LANES {
            let v = f64::from(block[l]);
            lanes[l] += v * v;
        }
    }
    let mut width = LANES / 2;
    while width > 0 {
        for l in 0..width {
            lanes[l] += lanes[l + width];
        }
        width /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn fold(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for l in 0..width {
            lanes[l] += lanes[l + width];
        }
        width /= 2;
    }
    lanes[0]
}
