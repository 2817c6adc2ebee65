//! x^b of many numbers: sums and products only, so that every machine rounds alike, and several times as fast as libm.

/// x^`exponent` for x > 0 with a relative error below 2e-5, enough for forces.
#[inline]
pub(super) fn power(x: f32, exponent: f32) -> f32 {
    exp2(exponent * log2(x))
}

/// log2 of a positive number: its exponent, and of the rest r in [√½, √2) the series of artanh((r − 1) / (r + 1)).
#[inline]
fn log2(x: f32) -> f32 {
    const ROOT_HALF: u32 = 0x3f35_04f3;
    let bits = x.to_bits();
    let shift = (bits.wrapping_sub(ROOT_HALF) as i32) >> 23;
    let rest = f32::from_bits(bits.wrapping_sub((shift << 23) as u32));
    let t = (rest - 1.0) / (rest + 1.0);
    let s = t * t;
    let series = t * (2.885_39 + s * (0.961_796_7 + s * (0.577_078 + s * 0.412_198_6)));
    shift as f32 + series
}

/// 2^x within the range of normal numbers: the whole part as an exponent, the rest by its series.
#[inline]
fn exp2(x: f32) -> f32 {
    let x = x.clamp(-126.0, 126.0);
    // Adding and taking away 1.5·2^23 rounds to the nearest whole number.
    const ROUND: f32 = 12_582_912.0;
    let rounded = x + ROUND;
    let whole = rounded.to_bits() as i32 - ROUND.to_bits() as i32;
    let r = x - (rounded - ROUND);
    let series = 1.0
        + r * (std::f32::consts::LN_2
            + r * (0.240_226_5 + r * (0.055_504_11 + r * (0.009_618_129 + r * 0.001_333_355_8))));
    series * f32::from_bits(((whole + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_power_of_libm() {
        for i in 0..40_000 {
            let x = libm::exp(-20.0 + f64::from(i) * 1e-3) as f32;
            let (fast, true_power) =
                (f64::from(power(x, 1.112_256)), libm::pow(f64::from(x), 1.112_256_f32.into()));
            assert!((fast / true_power - 1.0).abs() < 2e-5, "{x}: {fast}, not {true_power}");
        }
    }
}
