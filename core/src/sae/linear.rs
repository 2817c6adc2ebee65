//! The one dense product: `rows · W + bias`, W in panels of columns.
//!
//! Order of the sum, on every machine and for every number of threads: out[r, j] starts at 0, the terms
//! x[r, p]·W[p, j] are added for p = 0, 1, …, then the bias. In portable arithmetic each product is rounded
//! before it is added; in fused arithmetic it is not.

use super::{
    parallel,
    simd::{Registers, multiply_add, registers, widest},
};

/// Columns of a panel.
pub(crate) const PANEL: usize = 32;

/// A matrix [inner, columns] in panels of [`PANEL`] columns, zero beyond the last, with a bias per column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Panels {
    inner: usize,
    values: Vec<[f32; PANEL]>,
    bias: Vec<[f32; PANEL]>,
}

impl Panels {
    /// From a row-major matrix [inner, columns].
    pub(crate) fn from_rows(inner: usize, columns: usize, matrix: &[f32], bias: &[f32]) -> Self {
        let mut panels = Self::zeros(inner, columns);
        for (p, row) in matrix.chunks_exact(columns.max(1)).enumerate() {
            for (panel, part) in row.chunks(PANEL).enumerate() {
                panels.values[panel * inner + p][..part.len()].copy_from_slice(part);
            }
        }
        panels.set_bias(bias);
        panels
    }

    /// Room for a matrix.
    pub(crate) fn zeros(inner: usize, columns: usize) -> Self {
        let panels = columns.div_ceil(PANEL);
        Self { inner, values: vec![[0.0; PANEL]; panels * inner], bias: vec![[0.0; PANEL]; panels] }
    }

    /// Replaces the matrix by the transpose of rows [columns, stride], and the bias. `inner ≤ stride`.
    pub(crate) fn set_columns(&mut self, rows: &[f32], stride: usize, bias: &[f32]) {
        let inner = self.inner;
        let pieces: Vec<_> =
            self.values.chunks_exact_mut(inner.max(1)).zip(rows.chunks(PANEL * stride.max(1))).collect();
        parallel::map(pieces, |(panel, rows)| {
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

    /// Replaces the bias.
    pub(crate) fn set_bias(&mut self, bias: &[f32]) {
        for (panel, part) in self.bias.iter_mut().zip(bias.chunks(PANEL)) {
            panel[..part.len()].copy_from_slice(part);
        }
    }

    /// `rows · W + bias` into `out` [n, padded]; `rows` is [n, stride] with `inner ≤ stride`.
    pub(crate) fn product<const FUSED: bool>(
        &self,
        rows: &[f32],
        stride: usize,
        scratch: &mut Vec<f32>,
        out: &mut [f32],
    ) {
        match registers() {
            Registers::Large => widest(
                #[inline(always)]
                || self.blocks::<12, 32, FUSED>(rows, stride, scratch, out),
            ),
            Registers::Medium => widest(
                #[inline(always)]
                || self.blocks::<6, 16, FUSED>(rows, stride, scratch, out),
            ),
            Registers::Small => self.blocks::<4, 8, FUSED>(rows, stride, scratch, out),
        }
    }

    /// Tiles of R rows by W columns.
    #[inline(always)]
    fn blocks<const R: usize, const W: usize, const FUSED: bool>(
        &self,
        rows: &[f32],
        stride: usize,
        scratch: &mut Vec<f32>,
        out: &mut [f32],
    ) {
        let n = rows.len() / stride.max(1);
        let padded = self.padded();
        let groups = n.div_ceil(R);
        scratch.clear();
        scratch.resize(groups * R * self.inner, 0.0);
        interleave::<R>(rows, stride, self.inner, scratch);
        let (left, _) = scratch.as_chunks::<R>();
        for (panel, bias) in self.bias.iter().enumerate() {
            let right = &self.values[panel * self.inner..(panel + 1) * self.inner];
            for group in 0..groups {
                let left = &left[group * self.inner..(group + 1) * self.inner];
                let first = group * R;
                for from in (0..PANEL).step_by(W) {
                    let sums = tile::<R, W, FUSED>(left, right, from);
                    for (r, sums) in sums.iter().enumerate().take(n - first) {
                        let start = (first + r) * padded + panel * PANEL + from;
                        let target = &mut out[start..start + W];
                        for l in 0..W {
                            target[l] = sums[l] + bias[from + l];
                        }
                    }
                }
            }
        }
    }
}

/// Groups of R rows, each group column by column; missing rows stay zero.
#[inline(always)]
fn interleave<const R: usize>(rows: &[f32], stride: usize, inner: usize, out: &mut [f32]) {
    if inner == 0 {
        return;
    }
    for (group, block) in out.chunks_exact_mut(R * inner).enumerate() {
        for (r, row) in rows.chunks_exact(stride).skip(group * R).take(R).enumerate() {
            for (value, target) in row[..inner].iter().zip(block[r..].iter_mut().step_by(R)) {
                *target = *value;
            }
        }
    }
}

/// Sums of R rows by W columns, starting at column `from` of the panel.
#[inline(always)]
fn tile<const R: usize, const W: usize, const FUSED: bool>(
    left: &[[f32; R]],
    right: &[[f32; PANEL]],
    from: usize,
) -> [[f32; W]; R] {
    let mut sums = [[0.0f32; W]; R];
    for (a, b) in left.iter().zip(right) {
        let b: &[f32; W] = b[from..].first_chunk().expect("W divides the panel");
        for r in 0..R {
            for l in 0..W {
                sums[r][l] = multiply_add::<FUSED>(a[r], b[l], sums[r][l]);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
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
                    sum = multiply_add::<FUSED>(x[r * d + p], w[p * c + j], sum);
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
            panels.product::<false>(&x, d, &mut Vec::new(), &mut out);
            prop_assert_eq!(strip(&out), naive::<false>(n, d, c, &x, &w, &bias));
            panels.product::<true>(&x, d, &mut Vec::new(), &mut out);
            prop_assert_eq!(strip(&out), naive::<true>(n, d, c, &x, &w, &bias));
        }
    }
}
