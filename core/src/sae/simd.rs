//! Which vector instructions the processor has. The same source is compiled for each; results do not differ,
//! because every sum has a fixed order and whether products are fused into sums is chosen by the caller.

/// Runs `work` compiled for the widest vectors of this processor. What `work` calls must be inlined into it.
#[inline(always)]
pub(crate) fn widest<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        match pulp::Arch::new() {
            pulp::Arch::V4(simd) => simd.vectorize(work),
            pulp::Arch::V3(simd) => simd.vectorize(work),
            _ => work(),
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        work()
    }
}

/// How large a tile of sums fits the registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registers {
    /// 32 registers of 16 numbers.
    Large,
    /// 16 registers of 8 numbers.
    Medium,
    /// 16 registers of 4 numbers.
    Small,
}

/// The registers of this processor.
pub(crate) fn registers() -> Registers {
    #[cfg(target_arch = "x86_64")]
    {
        match pulp::Arch::new() {
            pulp::Arch::V4(_) => Registers::Large,
            pulp::Arch::V3(_) => Registers::Medium,
            _ => Registers::Small,
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        Registers::Small
    }
}

/// `a · b + c`: rounded once where `FUSED`, otherwise after the product and after the sum.
#[inline(always)]
pub(crate) fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}
