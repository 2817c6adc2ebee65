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
    (1.0 + (rest + rest * rest * sum)) * power
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
