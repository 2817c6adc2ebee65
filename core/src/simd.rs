//! Vectors of the processor's own width, chosen when the program runs. Results do not depend on the width: every sum has a
//! fixed order, and whether products are fused into sums is chosen by the caller.

pub(crate) use pulp::{Simd, WithSimd};

/// Runs `work` compiled for the widest vectors of this processor. What it calls must be inlined into it.
#[inline(always)]
pub(crate) fn widest<W: WithSimd>(work: W) -> W::Output {
    pulp::Arch::new().dispatch(work)
}

/// `a · b + c`: rounded once where `FUSED`, otherwise after the product and after the sum.
#[inline(always)]
pub(crate) fn multiply_add<S: Simd, const FUSED: bool>(
    simd: S,
    a: S::f32s,
    b: S::f32s,
    c: S::f32s,
) -> S::f32s {
    if FUSED { simd.mul_add_f32s(a, b, c) } else { simd.add_f32s(simd.mul_f32s(a, b), c) }
}

/// The same for single numbers.
#[inline(always)]
pub(crate) fn multiply_add_one<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}
