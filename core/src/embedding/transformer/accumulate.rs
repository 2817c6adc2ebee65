//! The one loop that all time is spent in: some numbers of a row, each times a block of positions, summed.

use super::features::BLOCK;
use crate::simd::Simd;

/// Rows that are computed together.
pub(super) const ROWS: usize = 8;

/// One number of each row.
pub(super) type Factors = [f32; ROWS];
/// One number of each position.
pub(super) type Block = [f32; BLOCK];

/// `start[row] + Σ_i factors[i][row] · blocks[i]`, in the order of i, products fused into the sums: the same bits whatever
/// the width of registers.
#[inline(always)]
pub(super) fn accumulate<S: Simd>(
    simd: S,
    factors: &[Factors],
    blocks: &[Block],
    start: &Factors,
    out: &mut [Block; ROWS],
) {
    match S::F32_LANES {
        // Sixteen wide registers of sums, or as many as narrow ones hold.
        16 => tiles::<S, 8, 2>(simd, factors, blocks, start, out),
        8 => tiles::<S, 2, 4>(simd, factors, blocks, start, out),
        4 => tiles::<S, 1, 8>(simd, factors, blocks, start, out),
        _ => tiles::<S, 1, BLOCK>(simd, factors, blocks, start, out),
    }
}

/// A few rows after another, each block in so many registers.
#[inline(always)]
fn tiles<S: Simd, const TOGETHER: usize, const REGISTERS: usize>(
    simd: S,
    factors: &[Factors],
    blocks: &[Block],
    start: &Factors,
    out: &mut [Block; ROWS],
) {
    for first in (0..ROWS).step_by(TOGETHER) {
        let mut sums = [[simd.splat_f32s(0.0); REGISTERS]; TOGETHER];
        for (sums, &start) in sums.iter_mut().zip(&start[first..first + TOGETHER]) {
            *sums = [simd.splat_f32s(start); REGISTERS];
        }
        for (factors, block) in factors.iter().zip(blocks) {
            let block = registers::<S, REGISTERS>(block);
            let factors: &[f32; TOGETHER] = factors[first..].first_chunk().expect("whole tiles");
            for (sums, &factor) in sums.iter_mut().zip(factors) {
                let factor = simd.splat_f32s(factor);
                for (sum, &numbers) in sums.iter_mut().zip(block) {
                    *sum = simd.mul_add_f32s(factor, numbers, *sum);
                }
            }
        }
        for (sums, out) in sums.iter().zip(&mut out[first..first + TOGETHER]) {
            S::as_mut_simd_f32s(out).0.copy_from_slice(sums);
        }
    }
}

#[inline(always)]
fn registers<S: Simd, const REGISTERS: usize>(block: &Block) -> &[S::f32s; REGISTERS] {
    S::as_simd_f32s(block).0.first_chunk().expect("a block is whole registers")
}

/// Rows `[features, inputs]` of a matrix, eight after eight, with zeros after the last: `[eights][inputs]`.
pub(super) fn packed(matrix: &[f32], inputs: usize) -> Vec<Vec<Factors>> {
    matrix
        .chunks(ROWS * inputs.max(1))
        .map(|rows| {
            let mut eight = vec![[0.0; ROWS]; inputs];
            for (place, row) in rows.chunks(inputs).enumerate() {
                eight.iter_mut().zip(row).for_each(|(factors, &value)| factors[place] = value);
            }
            eight
        })
        .collect()
}
