//! The log-normal noise of a count, as quantiles: a random number of a few bits finds one in a table.

use statrs::distribution::{ContinuousCDF, Normal};

use super::NOISE_SD;

/// Bits of a random number that choose a quantile.
pub(super) const BITS: u32 = 12;

/// 4,096 quantiles of the noise, each as likely as another, with mean 1.
pub(super) fn quantiles() -> Vec<f32> {
    let normal = Normal::standard();
    let number = 1 << BITS;
    let at = |place: usize| (NOISE_SD * normal.inverse_cdf((place as f64 + 0.5) / number as f64)).exp();
    let values: Vec<f64> = (0..number).map(at).collect();
    let mean = values.iter().sum::<f64>() / number as f64;
    values.iter().map(|value| (value / mean) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_have_the_moments_of_log_normal_noise() {
        let quantiles = quantiles();
        let mean = |of: &dyn Fn(f64) -> f64| {
            quantiles.iter().map(|&value| of(f64::from(value))).sum::<f64>() / quantiles.len() as f64
        };
        let variance = mean(&|value| (value - 1.0).powi(2));
        let expected = (NOISE_SD * NOISE_SD).exp() - 1.0;
        assert!((mean(&|value| value) - 1.0).abs() < 1e-7);
        assert!((variance / expected - 1.0).abs() < 0.005, "{variance} and {expected}");
        assert!(quantiles.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
