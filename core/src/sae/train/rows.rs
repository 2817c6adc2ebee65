//! Sums over few rows of a matrix: what is left of the dense products after TopK.
//!
//! Rows have a length that is a multiple of 16, zero beyond d. Order of sums: [`add_rows`] adds one row after the
//! other; [`dot`] sums position i into lane i mod 16, then the lanes in pairs.

use crate::sae::simd::multiply_add;

/// Numbers in a block of lanes.
pub(crate) const LANES: usize = 16;

/// `out += Σ coefficients[t] · matrix[rows[t]]`, in the order of t.
#[inline(always)]
pub(crate) fn add_rows<const FUSED: bool>(
    out: &mut [f32],
    coefficients: &[f32],
    rows: &[u32],
    matrix: &[f32],
) {
    let stride = out.len();
    let row = |t: u32| matrix[t as usize * stride..][..stride].as_chunks::<LANES>().0;
    let out = out.as_chunks_mut::<LANES>().0;
    let (quads, single_coefficients) = coefficients.as_chunks::<4>();
    let (quad_rows, single_rows) = rows.as_chunks::<4>();
    for (c, r) in quads.iter().zip(quad_rows) {
        let (a, b, e, f) = (row(r[0]), row(r[1]), row(r[2]), row(r[3]));
        for ((((o, a), b), e), f) in out.iter_mut().zip(a).zip(b).zip(e).zip(f) {
            for l in 0..LANES {
                let sum = multiply_add::<FUSED>(c[0], a[l], o[l]);
                let sum = multiply_add::<FUSED>(c[1], b[l], sum);
                let sum = multiply_add::<FUSED>(c[2], e[l], sum);
                o[l] = multiply_add::<FUSED>(c[3], f[l], sum);
            }
        }
    }
    for (&c, &r) in single_coefficients.iter().zip(single_rows) {
        for (o, a) in out.iter_mut().zip(row(r)) {
            for l in 0..LANES {
                o[l] = multiply_add::<FUSED>(c, a[l], o[l]);
            }
        }
    }
}

/// Scalar product of two rows.
#[inline(always)]
pub(crate) fn dot<const FUSED: bool>(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    for (a, b) in a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0) {
        for l in 0..LANES {
            lanes[l] = multiply_add::<FUSED>(a[l], b[l], lanes[l]);
        }
    }
    fold(lanes)
}

/// `out[t] = vector · matrix[rows[t]]`.
#[inline(always)]
pub(crate) fn dot_rows<const FUSED: bool>(out: &mut [f32], vector: &[f32], rows: &[u32], matrix: &[f32]) {
    let stride = vector.len();
    let row = |t: u32| matrix[t as usize * stride..][..stride].as_chunks::<LANES>().0;
    let lanes = vector.as_chunks::<LANES>().0;
    let (quads, singles) = rows.as_chunks::<4>();
    let (out_quads, out_singles) = out.as_chunks_mut::<4>();
    for (r, out) in quads.iter().zip(out_quads) {
        let (a, b, e, f) = (row(r[0]), row(r[1]), row(r[2]), row(r[3]));
        let mut sums = [[0.0f32; LANES]; 4];
        for ((((v, a), b), e), f) in lanes.iter().zip(a).zip(b).zip(e).zip(f) {
            for l in 0..LANES {
                sums[0][l] = multiply_add::<FUSED>(v[l], a[l], sums[0][l]);
                sums[1][l] = multiply_add::<FUSED>(v[l], b[l], sums[1][l]);
                sums[2][l] = multiply_add::<FUSED>(v[l], e[l], sums[2][l]);
                sums[3][l] = multiply_add::<FUSED>(v[l], f[l], sums[3][l]);
            }
        }
        for (o, s) in out.iter_mut().zip(sums) {
            *o = fold(s);
        }
    }
    for (&r, o) in singles.iter().zip(out_singles) {
        *o = dot::<FUSED>(vector, &matrix[r as usize * stride..][..stride]);
    }
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
