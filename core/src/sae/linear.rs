//! The one dense product: `left · W + bias`, W in panels of columns.
//!
//! Order of the sum, on every machine and for every number of threads: out[r, j] starts at 0, the terms
//! left[r, p]·W[p, j] are added for p = 0, 1, …, then the bias. In portable arithmetic each product is rounded
//! before it is added; in fused arithmetic it is not.

use crate::parallel;
use crate::simd::{Simd, WithSimd, multiply_add, widest};

/// Columns of a panel.
pub(crate) const PANEL: usize = 32;

/// A matrix [inner, columns] in panels of [`PANEL`] columns, zero beyond the last, with a bias per column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Panels {
    inner: usize,
    values: Vec<[f32; PANEL]>,
    bias: Vec<[f32; PANEL]>,
}

/// The left matrix [n, inner] of a product.
#[derive(Clone, Copy)]
pub(crate) enum Left<'a> {
    /// Row-major [n, stride], `inner ≤ stride`.
    Rows { values: &'a [f32], stride: usize },
    /// Columns `from .. from + n` of a row-major matrix [inner, stride].
    Columns { values: &'a [f32], stride: usize, from: usize, n: usize },
}

impl Left<'_> {
    fn n(self) -> usize {
        match self {
            Self::Rows { values, stride } => values.len() / stride.max(1),
            Self::Columns { n, .. } => n,
        }
    }
}

impl Panels {
    /// Room for a matrix.
    pub(crate) fn zeros(inner: usize, columns: usize) -> Self {
        let mut panels = Self::default();
        panels.resize(inner, columns);
        panels
    }

    /// From a row-major matrix [inner, columns].
    pub(crate) fn from_rows(inner: usize, columns: usize, matrix: &[f32], bias: &[f32]) -> Self {
        let mut panels = Self::default();
        panels.set_rows(inner, columns, matrix, columns);
        panels.set_bias(bias);
        panels
    }

    fn resize(&mut self, inner: usize, columns: usize) {
        let panels = columns.div_ceil(PANEL);
        self.inner = inner;
        self.values.clear();
        self.values.resize(panels * inner, [0.0; PANEL]);
        self.bias.clear();
        self.bias.resize(panels, [0.0; PANEL]);
    }

    /// Becomes a row-major matrix [inner, stride], of which the first columns count, without bias.
    pub(crate) fn set_rows(&mut self, inner: usize, columns: usize, matrix: &[f32], stride: usize) {
        self.resize(inner, columns);
        let pieces: Vec<_> = self.values.chunks_exact_mut(inner.max(1)).enumerate().collect();
        parallel::each(pieces, |(number, panel)| {
            let columns = number * PANEL..columns.min((number + 1) * PANEL);
            for (line, row) in panel.iter_mut().zip(matrix.chunks_exact(stride.max(1))) {
                line[..columns.len()].copy_from_slice(&row[columns.clone()]);
            }
        });
    }

    /// Keeps its size and becomes the transpose of rows [columns, stride], `inner ≤ stride`, with a bias.
    pub(crate) fn set_columns(&mut self, rows: &[f32], stride: usize, bias: &[f32]) {
        let inner = self.inner;
        let pieces: Vec<_> =
            self.values.chunks_exact_mut(inner.max(1)).zip(rows.chunks(PANEL * stride.max(1))).collect();
        parallel::each(pieces, |(panel, rows)| {
            for (p, lines) in panel.chunks_mut(16).enumerate() {
                for (j, row) in rows.chunks_exact(stride).enumerate() {
                    for (line, value) in lines.iter_mut().zip(&row[p * 16..inner]) {
                        line[j] = *value;
                    }
                }
            }
        });
        self.set_bias(bias);
    }

    /// Columns, rounded up to whole panels: the row length of [`Panels::product`].
    pub(crate) fn padded(&self) -> usize {
        self.bias.len() * PANEL
    }

    fn set_bias(&mut self, bias: &[f32]) {
        for (panel, part) in self.bias.iter_mut().zip(bias.chunks(PANEL)) {
            panel[..part.len()].copy_from_slice(part);
        }
    }

    /// `left · W + bias` into `out` [n, padded].
    pub(crate) fn product<const FUSED: bool>(&self, left: Left<'_>, scratch: &mut Vec<f32>, out: &mut [f32]) {
        widest(Product::<'_, FUSED> { panels: self, left, scratch, out });
    }
}

struct Product<'a, const FUSED: bool> {
    panels: &'a Panels,
    left: Left<'a>,
    scratch: &'a mut Vec<f32>,
    out: &'a mut [f32],
}

impl<const FUSED: bool> WithSimd for Product<'_, FUSED> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // As many sums as the registers hold: 24 of 32, 12 of 16, 8 of 16.
        match S::F32_LANES {
            16 => self.blocks::<S, 12>(simd),
            8 => self.blocks::<S, 6>(simd),
            _ => self.blocks::<S, 4>(simd),
        }
    }
}

impl<const FUSED: bool> Product<'_, FUSED> {
    /// Tiles of R rows by two vectors.
    #[inline(always)]
    fn blocks<S: Simd, const R: usize>(self, simd: S) {
        let Self { panels, left, scratch, out } = self;
        let (n, inner, padded) = (left.n(), panels.inner, panels.padded());
        let groups = n.div_ceil(R);
        scratch.clear();
        scratch.resize(groups * R * inner, 0.0);
        interleave::<R>(left, inner, scratch);
        let (left, _) = scratch.as_chunks::<R>();
        for (panel, bias) in panels.bias.iter().enumerate() {
            let right = &panels.values[panel * inner..(panel + 1) * inner];
            for group in 0..groups {
                let left = &left[group * inner..(group + 1) * inner];
                let first = group * R;
                for from in (0..PANEL).step_by(2 * S::F32_LANES) {
                    let sums = tile::<S, R, FUSED>(simd, left, right, from);
                    let (bias, _) = S::as_simd_f32s(&bias[from..]);
                    for (r, sums) in sums.iter().enumerate().take(n - first) {
                        let start = (first + r) * padded + panel * PANEL + from;
                        let (target, _) = S::as_mut_simd_f32s(&mut out[start..start + 2 * S::F32_LANES]);
                        target[0] = simd.add_f32s(sums[0], bias[0]);
                        target[1] = simd.add_f32s(sums[1], bias[1]);
                    }
                }
            }
        }
    }
}

/// Groups of R rows, each group column by column; missing rows stay zero.
#[inline(always)]
fn interleave<const R: usize>(left: Left<'_>, inner: usize, out: &mut [f32]) {
    if inner == 0 {
        return;
    }
    for (group, block) in out.chunks_exact_mut(R * inner).enumerate() {
        match left {
            Left::Rows { values, stride } => {
                for (r, row) in values.chunks_exact(stride).skip(group * R).take(R).enumerate() {
                    for (value, target) in row[..inner].iter().zip(block[r..].iter_mut().step_by(R)) {
                        *target = *value;
                    }
                }
            }
            Left::Columns { values, stride, from, n } => {
                let count = R.min(n - group * R);
                let start = from + group * R;
                for (row, target) in values.chunks_exact(stride).zip(block.chunks_exact_mut(R)).take(inner) {
                    target[..count].copy_from_slice(&row[start..start + count]);
                }
            }
        }
    }
}

/// Sums of R rows by two vectors of columns, starting at column `from` of the panel.
#[inline(always)]
fn tile<S: Simd, const R: usize, const FUSED: bool>(
    simd: S,
    left: &[[f32; R]],
    right: &[[f32; PANEL]],
    from: usize,
) -> [[S::f32s; 2]; R] {
    let mut sums = [[simd.splat_f32s(0.0); 2]; R];
    for (a, b) in left.iter().zip(right) {
        let (b, _) = S::as_simd_f32s(&b[from..from + 2 * S::F32_LANES]);
        let (b0, b1) = (b[0], b[1]);
        for r in 0..R {
            let a = simd.splat_f32s(a[r]);
            sums[r][0] = multiply_add::<S, FUSED>(simd, a, b0, sums[r][0]);
            sums[r][1] = multiply_add::<S, FUSED>(simd, a, b1, sums[r][1]);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::multiply_add_one;
    use proptest::prelude::*;

    fn naive<const FUSED: bool>(
        n: usize,
        d: usize,
        c: usize,
        x: &[f32],
        w: &[f32],
        bias: &[f32],
    ) -> Vec<f32> {
        let mut out = vec![0.0; n * c];
        for r in 0..n {
            for j in 0..c {
                let mut sum = 0.0;
                for p in 0..d {
                    sum = multiply_add_one::<FUSED>(x[r * d + p], w[p * c + j], sum);
                }
                out[r * c + j] = sum + bias[j];
            }
        }
        out
    }

    proptest! {
        #[test]
        fn equals_the_naive_product_bit_for_bit(n in 1usize..40, d in 1usize..70, c in 1usize..100, seed in 0u32..1000) {
            let value = |i: usize| ((i as u32).wrapping_mul(2_654_435_761).wrapping_add(seed) >> 8) as f32 / 8e6 - 1.0;
            let x: Vec<f32> = (0..n * d).map(value).collect();
            let w: Vec<f32> = (0..d * c).map(|i| value(i + 7919)).collect();
            let bias: Vec<f32> = (0..c).map(|i| value(i + 104_729)).collect();
            let panels = Panels::from_rows(d, c, &w, &bias);
            let mut out = vec![0.0; n * panels.padded()];
            let strip = |out: &[f32]| out.chunks(panels.padded()).flat_map(|r| r[..c].to_vec()).collect::<Vec<_>>();
            let rows = Left::Rows { values: &x, stride: d };
            panels.product::<false>(rows, &mut Vec::new(), &mut out);
            prop_assert_eq!(strip(&out), naive::<false>(n, d, c, &x, &w, &bias));
            panels.product::<true>(rows, &mut Vec::new(), &mut out);
            prop_assert_eq!(strip(&out), naive::<true>(n, d, c, &x, &w, &bias));

            let across: Vec<f32> = (0..d * (n + 3)).map(|i| x.get((i % (n + 3)).wrapping_sub(2) * d + i / (n + 3)).copied().filter(|_| (2..n + 2).contains(&(i % (n + 3)))).unwrap_or(9.0)).collect();
            out.fill(0.0);
            panels.product::<true>(Left::Columns { values: &across, stride: n + 3, from: 2, n }, &mut Vec::new(), &mut out);
            prop_assert_eq!(strip(&out), naive::<true>(n, d, c, &x, &w, &bias));
            let mut turned = Panels::zeros(d, c);
            let columns: Vec<f32> = (0..c * d).map(|i| w[(i % d) * c + i / d]).collect();
            turned.set_columns(&columns, d, &bias);
            turned.product::<true>(rows, &mut Vec::new(), &mut out);
            prop_assert_eq!(strip(&out), naive::<true>(n, d, c, &x, &w, &bias));
        }
    }
}
