//! Means over items with their spread and intervals.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Mean and standard deviation (n − 1) of some values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// Mean; none of no value.
    pub mean: Option<f64>,
    /// Standard deviation; none of fewer than two values.
    pub sd: Option<f64>,
    /// Values.
    pub n: usize,
}

impl Spread {
    /// Of these values.
    ///
    /// ```
    /// use cellprism_core::evaluation::Spread;
    /// let found = Spread::of(&[1.0, 3.0]);
    /// assert_eq!((found.mean, found.sd, found.n), (Some(2.0), Some(2f64.sqrt()), 2));
    /// assert_eq!(Spread::of(&[1.0]).sd, None);
    /// ```
    pub fn of(values: &[f64]) -> Self {
        let n = values.len();
        let Some(mean) = mean(values) else { return Self::default() };
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self { mean: Some(mean), sd: (n > 1).then(|| (squares / (n as f64 - 1.0)).sqrt()), n }
    }
}

/// The mean; none of no value.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The median; none of no value.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = sorted.get(middle)?;
    Some(if sorted.len() % 2 == 1 { *upper } else { (sorted[middle - 1] + upper) / 2.0 })
}

/// 95 % interval of the mean: the 2.5 % and 97.5 % points of the means of `draws` samples of as many values, drawn with
/// replacement, widened to the mean where it lies outside; none of fewer than two values.
pub fn bootstrap_mean(values: &[f64], draws: usize, seed: u64) -> Option<(f64, f64)> {
    let own = mean(values).filter(|_| values.len() > 1 && draws > 0)?;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let n = values.len();
    let mut means: Vec<f64> = (0..draws)
        .map(|_| (0..n).map(|_| values[(random.next_u64() % n as u64) as usize]).sum::<f64>() / n as f64)
        .collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[((draws - 1) as f64 * share).round() as usize];
    Some((at(0.025).min(own), at(0.975).max(own)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_holds_the_mean_and_narrows_with_more_values() {
        let values = |n: usize| (0..n).map(|i| ((i * 37) % 101) as f64).collect::<Vec<_>>();
        let width = |n| {
            let (low, high) = bootstrap_mean(&values(n), 1000, 1).unwrap();
            let own = mean(&values(n)).unwrap();
            assert!(low <= own && own <= high);
            high - low
        };
        assert!(width(25) > 1.5 * width(100));
        // 1.96 standard errors of the mean on either side
        let Spread { sd, n, .. } = Spread::of(&values(100));
        let normal = 2.0 * 1.96 * sd.unwrap() / (n as f64).sqrt();
        assert!((width(100) / normal - 1.0).abs() < 0.1);
        assert_eq!(bootstrap_mean(&[1.0], 100, 0), None);
        assert_eq!(median(&[3.0, 1.0, 2.0, 10.0]), Some(2.5));
    }
}
