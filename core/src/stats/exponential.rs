//! e^x and tanh x by arithmetic alone, without branches or tables: a loop over many of them runs on vectors, and every
//! processor gives the same bits.

/// 1 / ln 2.
const PER_LN_2: f64 = std::f64::consts::LOG2_E;
/// ln 2, the first part with few enough digits that its multiples are exact.
const LN_2: (f64, f64) = (0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10);
/// Added to a number below 2^51, it leaves the nearest whole number in the last bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// Below it a power of e is no normal double.
const LEAST: f64 = -708.0;
/// 1/13!, 1/12!, … 1/2!.
const SERIES: [f64; 12] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
];

/// e^x for x up to 709, to a unit in the last place or two; what is below −708 counts as −708.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    // not `max`, which would make a number of what is none
    let x = if x < LEAST { LEAST } else { x };
    let (part, power) = parts(x);
    (1.0 + part) * power
}

/// e^x as (1 + p) · 2ⁿ: p and 2ⁿ.
#[inline(always)]
fn parts(x: f64) -> (f64, f64) {
    let rounded = x * PER_LN_2 + ROUND;
    let whole = rounded - ROUND;
    let rest = (x - whole * LN_2.0) - whole * LN_2.1;
    let mut sum = SERIES[0];
    // a plain loop: iterators are not always inlined into functions of the processor's own instructions
    #[allow(clippy::needless_range_loop)]
    for term in 1..SERIES.len() {
        sum = sum * rest + SERIES[term];
    }
    let power = f64::from_bits(1.0f64.to_bits().wrapping_add(rounded.to_bits() << 52));
    (rest + rest * rest * sum, power)
}

/// e^x − 1 for x from 0 to 709, to a few units in the last place.
#[inline(always)]
pub(crate) fn expm1(x: f64) -> f64 {
    let (part, power) = parts(x);
    part * power + (power - 1.0)
}

/// 1/3, 1/5, … 1/23.
const ODD: [f64; 11] = [
    1.0 / 3.0,
    1.0 / 5.0,
    1.0 / 7.0,
    1.0 / 9.0,
    1.0 / 11.0,
    1.0 / 13.0,
    1.0 / 15.0,
    1.0 / 17.0,
    1.0 / 19.0,
    1.0 / 21.0,
    1.0 / 23.0,
];
/// Added to a small whole number's bits, it makes them those of 2^52 and the number.
const WHOLE: u64 = 0x4330_0000_0000_0000;

/// log₂ x of a normal x > 0, to a few units in the last place.
#[inline(always)]
pub(crate) fn log2(x: f64) -> f64 {
    // x = 2^e · m with m from √½ to √2
    let bits = x.to_bits().wrapping_sub(std::f64::consts::FRAC_1_SQRT_2.to_bits());
    let exponent =
        f64::from_bits(WHOLE | (bits.wrapping_add(1024 << 52) >> 52)) - f64::from_bits(WHOLE) - 1024.0;
    let mantissa =
        f64::from_bits((bits & ((1 << 52) - 1)).wrapping_add(std::f64::consts::FRAC_1_SQRT_2.to_bits()));
    // ln m as twice the area tangent of (m − 1) / (m + 1)
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let mut sum = ODD[ODD.len() - 1];
    for term in (0..ODD.len() - 1).rev() {
        sum = sum * square + ODD[term];
    }
    exponent + 2.0 * (s + s * square * sum) * PER_LN_2
}

/// tanh x to within 2e-16.
#[inline(always)]
pub(crate) fn tanh(x: f64) -> f64 {
    let tail = exp(-2.0 * x.abs());
    ((1.0 - tail) / (1.0 + tail)).copysign(x)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn powers_less_one_and_logarithms_are_those_of_libm() {
        for step in 0..20_000 {
            let x = f64::from(step) * 0.001;
            let (small, exact) = (x * x * x, |x: f64| libm::expm1(x));
            assert!((expm1(x) - exact(x)).abs() <= 4e-16 * exact(x), "{x}");
            assert!((expm1(small * 1e-9) - exact(small * 1e-9)).abs() <= 4e-16 * exact(small * 1e-9), "{x}");
            let value = 1e-9 + small * 1e3;
            for value in [value, 1.0 / value, 1.0 + x * 1e-6] {
                let exact = libm::log2(value);
                assert!(
                    (log2(value) - exact).abs() <= 5e-16 * exact.abs(),
                    "{value}: {} {exact}",
                    log2(value)
                );
            }
        }
        assert_eq!((expm1(0.0), log2(1.0), log2(0.25)), (0.0, 0.0, -2.0));
    }

    #[test]
    fn its_ends_are_known() {
        assert_eq!((exp(0.0), tanh(0.0)), (1.0, 0.0));
        assert!(exp(-1e9) > 0.0 && exp(f64::NEG_INFINITY) < 1e-300);
        assert!(exp(f64::NAN).is_nan() && tanh(f64::NAN).is_nan());
        assert_eq!((tanh(40.0), tanh(-f64::INFINITY)), (1.0, -1.0));
    }

    proptest! {
        #[test]
        fn they_are_the_functions(x in prop_oneof![-1.0..1.0f64, -40.0..40.0f64, -708.0..709.0f64]) {
            let (ours, theirs) = (exp(x), libm::exp(x));
            prop_assert!((ours - theirs).abs() <= 4.0 * f64::EPSILON * theirs, "e^{}: {} {}", x, ours, theirs);
            prop_assert!((tanh(x) - libm::tanh(x)).abs() <= 2.3e-16, "tanh {}", x);
        }
    }
}
