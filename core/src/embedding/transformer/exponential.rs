//! Powers of two of many numbers at once: what softmax spends its time on.

use crate::simd::Simd;

/// 1.5 · 2²³: added to a small number, it leaves the nearest whole one in the lowest bits.
const ROUNDER: f32 = 12_582_912.0;
/// Below this, 0 for every use here; exponents of normal numbers go no lower.
const LEAST: f32 = -126.0;
/// ln 2 to the power n, over n!: the series of 2^x, whose error within half a unit is 1.7e-7.
const SERIES: [f32; 6] =
    [std::f32::consts::LN_2, 0.240_226_5, 0.055_504_11, 0.009_618_129, 0.001_333_355_8, 0.000_154_035_3];

/// 2^x for x up to 127; numbers below −126 count as −126.
#[inline(always)]
pub(super) fn exp2(x: f32) -> f32 {
    let x = if x > LEAST { x } else { LEAST };
    let shifted = x + ROUNDER;
    let rest = x - (shifted - ROUNDER);
    let [a, b, c, d, e, f] = SERIES;
    let power = f
        .mul_add(rest, e)
        .mul_add(rest, d)
        .mul_add(rest, c)
        .mul_add(rest, b)
        .mul_add(rest, a)
        .mul_add(rest, 1.0);
    f32::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// The same for as many numbers as a register holds.
#[inline(always)]
pub(super) fn exp2s<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let rounder = simd.splat_f32s(ROUNDER);
    let x = simd.max_f32s(x, simd.splat_f32s(LEAST));
    let shifted = simd.add_f32s(x, rounder);
    let rest = simd.sub_f32s(x, simd.sub_f32s(shifted, rounder));
    let [a, b, c, d, e, f] = SERIES;
    let mut power = simd.splat_f32s(f);
    for term in [e, d, c, b, a, 1.0] {
        power = simd.mul_add_f32s(power, rest, simd.splat_f32s(term));
    }
    let exponent = simd
        .wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(f32::MANTISSA_DIGITS - 1));
    simd.transmute_f32s_u32s(simd.add_u32s(simd.transmute_u32s_f32s(power), exponent))
}

#[cfg(test)]
mod tests {
    use super::{exp2, exp2s};
    use crate::simd::{Simd, WithSimd, widest};

    struct Each<'a>(&'a mut [f32]);

    impl WithSimd for Each<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            S::as_mut_simd_f32s(self.0).0.iter_mut().for_each(|x| *x = exp2s(simd, *x));
        }
    }

    #[test]
    fn registers_give_the_same_bits_as_single_numbers() {
        let mut all: Vec<f32> = (0..16_000).map(|i| i as f32 * 0.0163 - 131.0).collect();
        let alone: Vec<f32> = all.iter().map(|&x| exp2(x)).collect();
        widest(Each(&mut all));
        assert!(all.iter().zip(&alone).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn powers_are_those_of_double_precision() {
        for i in -126_000..=126_000 {
            let x = i as f32 / 1000.0;
            let exact = f64::from(x).exp2();
            let relative = (f64::from(exp2(x)) - exact).abs() / exact;
            assert!(relative < 3e-7, "2^{x}: {relative}");
        }
        assert_eq!(exp2(0.0), 1.0);
        assert!(exp2(-1e30) < 1.2e-38 && exp2(f32::NEG_INFINITY) < 1.2e-38);
    }
}
