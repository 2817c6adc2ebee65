//! Powers of two of many numbers at once: what softmax spends its time on.

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

#[cfg(test)]
mod tests {
    use super::exp2;

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
