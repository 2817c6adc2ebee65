//! ln(1 + x) to the nearest double.
//!
//! Ranks depend on it: two cells with 1 of 1,000 and 3 of 3,000 counts have the same expression, but quotients that may differ
//! in the last bit, and whether their logarithms are equal decides whether they tie. scanpy takes numpy's logarithm, which on
//! processors with AVX-512 is the nearest double; so is this one, on every machine.

/// ln 2, the first part with few enough digits that every multiple of it is exact.
const LN_2: (f64, f64) = (0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10);

/// −ln of the sixteen reciprocals, each as a double and what it lacks: of (16 + j)/16 for the first eight j, of
/// (16 + j)/32 for the others.
const LOGARITHMS: [(f64, f64); 16] = [
    (0.0, 0.0),
    (-0.060_624_621_816_434_84, -2.642_402_593_872_693_4e-18),
    (-0.117_783_035_656_383_46, 1.197_168_574_759_367_7e-18),
    (-0.171_850_256_926_659_23, 6.022_453_821_011_370_5e-18),
    (-0.223_143_551_314_209_76, 9.091_270_597_324_799e-18),
    (-0.271_933_715_483_641_76, -7.833_196_376_974_42e-19),
    (-0.318_453_731_118_534_6, -2.711_477_936_732_623_6e-17),
    (-0.362_905_493_689_368_5, 2.149_236_145_531_097_2e-17),
    (0.287_682_072_451_780_9, 2.607_160_616_442_564e-17),
    (0.246_860_077_931_525_78, 1.361_743_371_748_368e-17),
    (0.207_639_364_778_244_5, 1.205_324_321_668_612_9e-17),
    (0.169_899_036_795_397_47, -4.868_008_764_439_071e-19),
    (0.133_531_392_624_522_63, -3.664_457_663_660_085e-18),
    (0.098_440_072_813_252_52, -4.439_009_633_675_136e-18),
    (0.064_538_521_137_571_18, -6.470_486_661_692_933e-18),
    (0.031_748_698_314_580_3, 3.038_226_308_468_085_8e-18),
];

/// ln(1 + x) for a finite x ≥ 0, to the nearest double but for one in thousands.
///
/// 1 + x = 2^e · m; a reciprocal r of m with five bits leaves r·m = 1 + R with |R| ≤ 1/32, and ln(1 + x) = e·ln 2 − ln r + ln(1 + R).
/// Every part is carried as a double and what it lacks.
pub(crate) fn log1p(x: f64) -> f64 {
    let sum = 1.0 + x;
    let lost = if x > 1.0 { 1.0 - (sum - x) } else { x - (sum - 1.0) };
    let bits = sum.to_bits();
    let exponent = (bits >> 52) as i32 - 1023;
    let mantissa = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    let reciprocal = (32.0 / mantissa).round_ties_even() / 32.0;
    // exact: the reciprocal has five bits, and the product loses its first
    let rest = reciprocal.mul_add(mantissa, -1.0);
    let lost = reciprocal * lost * f64::from_bits(((1023 - exponent) as u64) << 52);
    let exponent = f64::from(if reciprocal < 0.75 { exponent + 1 } else { exponent });
    let (logarithm, logarithm_rest) = LOGARITHMS[(reciprocal.to_bits() >> 48) as usize & 15];
    let square = rest * rest;
    let square_rest = rest.mul_add(rest, -square);
    // R³/3 − R⁴/4 + … − R¹⁴/14
    let series = (3..=14).rev().fold(0.0, |sum, power| {
        let share = 1.0 / f64::from(power);
        sum * rest + if power % 2 == 0 { -share } else { share }
    }) * rest
        * square;
    let mut total = (0.0, 0.0);
    for part in [exponent * LN_2.0, logarithm, rest, -0.5 * square] {
        let next: f64 = total.0 + part;
        let before = next - part;
        total.1 += (total.0 - before) + (part - (next - before));
        total.0 = next;
    }
    let small =
        exponent * LN_2.1 + logarithm_rest + (series - 0.5 * square_rest) + lost * (1.0 - rest) + total.1;
    total.0 + small
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_logarithms_are_the_nearest_doubles() {
        // decimal arithmetic with 40 digits
        for (x, expected) in [
            (0.0, 0.0),
            (0.1, 0.095_310_179_804_324_87),
            (1.0, std::f64::consts::LN_2),
            (4.133_939_644_481_191, 1.635_873_326_338_005_4),
            (40.247_678_018_575_85, 3.719_594_820_737_555),
            (9999.0, 9.210_340_371_976_184),
        ] {
            assert_eq!(log1p(x), expected, "ln(1 + {x})");
        }
    }

    proptest! {
        #[test]
        fn it_is_the_logarithm(x in prop_oneof![0.0..1e-3f64, 0.0..30.0f64, 0.0..1e4f64]) {
            let (ours, theirs) = (log1p(x), libm::log1p(x));
            prop_assert!((ours - theirs).abs() <= 2.0 * f64::EPSILON * theirs, "{} {}", ours, theirs);
        }
    }
}
