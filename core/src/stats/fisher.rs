//! Fisher's exact test of two shares.

use statrs::function::factorial::ln_binomial;

/// Tables as probable as the observed one but for rounding count as such.
const EQUAL: f64 = 1.0 + 1e-7;

/// Two-sided p of `[hits, all]` in one group and in another, as SciPy's `fisher_exact`: the probability of all tables with the
/// same margins that are at most as probable.
///
/// ```
/// use cellprism_core::stats::fisher_exact;
/// // scipy.stats.fisher_exact([[8, 2], [1, 5]]) has p 0.0349650…
/// assert!((fisher_exact([8, 10], [1, 6]) - 0.034_965_034_965_034_95).abs() < 1e-12);
/// ```
pub fn fisher_exact([hits, all]: [u64; 2], [other_hits, other_all]: [u64; 2]) -> f64 {
    let total_hits = hits + other_hits;
    let of_all = ln_binomial(all + other_all, total_hits);
    let probability = |k: u64| (ln_binomial(all, k) + ln_binomial(other_all, total_hits - k) - of_all).exp();
    let observed = probability(hits) * EQUAL;
    let (least, most) = (total_hits.saturating_sub(other_all), total_hits.min(all));
    (least..=most).map(probability).filter(|&p| p <= observed).sum::<f64>().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_shares_are_no_difference() {
        assert!((fisher_exact([3, 10], [3, 10]) - 1.0).abs() < 1e-9);
        assert_eq!(fisher_exact([0, 5], [0, 7]), 1.0);
        assert!(fisher_exact([500, 1000], [0, 1000]) < 1e-150);
    }
}
