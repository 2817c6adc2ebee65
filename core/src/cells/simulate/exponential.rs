//! exp(−x) of many numbers at once: most of what drawing counts costs.

/// 1.5 · 2⁵²: added to a small number, it leaves the nearest whole one in the lowest bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// Larger numbers count as this one; exp(−x) is a normal number still.
const MOST: f64 = 700.0;
/// ln 2, its leading bits first: products of these with whole numbers up to 1,023 are exact.
const LN_2: (f64, f64) = (f64::from_bits(0x3fe6_2e42_fee0_0000), 1.908_214_929_270_587_7e-10);
/// 1 / n!, the highest first.
const SERIES: [f64; 13] = [
    2.087_675_698_786_81e-9,
    2.505_210_838_544_171_8e-8,
    2.755_731_922_398_589_3e-7,
    2.755_731_922_398_589e-6,
    2.480_158_730_158_73e-5,
    1.984_126_984_126_984e-4,
    1.388_888_888_888_889e-3,
    8.333_333_333_333_333e-3,
    4.166_666_666_666_666_4e-2,
    0.166_666_666_666_666_66,
    0.5,
    1.0,
    1.0,
];

/// exp(−x) for x from 0; nothing is fused, so that it has the same bits on every processor.
#[inline(always)]
pub(super) fn exp_of_minus(x: f64) -> f64 {
    let x = if x < MOST { -x } else { -MOST };
    let shifted = x * std::f64::consts::LOG2_E + ROUNDER;
    let whole = shifted - ROUNDER;
    let rest = (x - whole * LN_2.0) - whole * LN_2.1;
    let mut power = SERIES[0];
    for factor in &SERIES[1..] {
        power = power * rest + factor;
    }
    f64::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 52))
}

#[cfg(test)]
mod tests {
    use super::exp_of_minus;

    #[test]
    fn powers_are_those_of_the_standard_library() {
        for i in 0..700_000 {
            let x = f64::from(i) / 1000.0;
            let relative = (exp_of_minus(x) / (-x).exp() - 1.0).abs();
            assert!(relative < 1e-15, "exp(−{x}): {relative}");
        }
        assert_eq!(exp_of_minus(0.0), 1.0);
        assert!(exp_of_minus(f64::INFINITY) > 0.0 && exp_of_minus(1e9) < 1e-300);
    }
}
