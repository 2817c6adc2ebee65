//! Numbers of a cell or a feature side by side, as many as are held in registers.

/// Numbers in groups of N.
#[inline(always)]
pub(super) fn side_by_side<const N: usize>(numbers: &[f64]) -> &[[f64; N]] {
    numbers.as_chunks().0
}

/// The same, to be changed.
#[inline(always)]
pub(super) fn side_by_side_mut<const N: usize>(numbers: &mut [f64]) -> &mut [[f64; N]] {
    numbers.as_chunks_mut().0
}

/// Adds `value` times `others`.
#[inline(always)]
pub(super) fn multiply_add_to<const N: usize>(sums: &mut [f64; N], value: f64, others: &[f64; N]) {
    // a plain loop: iterators are not always inlined into functions of the processor's own instructions
    #[allow(clippy::needless_range_loop)]
    for lane in 0..N {
        sums[lane] += value * others[lane];
    }
}
