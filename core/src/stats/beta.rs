//! Logarithms of shares that were counted: means and variances of log x for beta-distributed x, which for whole
//! numbers are finite sums.

/// Mean of ln x for x ~ Beta(a, n + 1 − a): digamma(a) − digamma(n + 1).
pub fn mean_log(a: usize, n: usize) -> f64 {
    -(a..=n).map(|j| 1.0 / j as f64).sum::<f64>()
}

/// Variance of ln x for x ~ Beta(a, n + 1 − a): trigamma(a) − trigamma(n + 1).
pub fn variance_log(a: usize, n: usize) -> f64 {
    (a..=n).map(|j| 1.0 / (j as f64 * j as f64)).sum()
}

/// Standard error of log2 of the share (hits + 1) / (n + 1).
pub fn simple_log2_error(hits: usize, n: usize) -> f64 {
    variance_log(hits + 1, n).sqrt() / std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_uniform_number_they_are_known() {
        // x ~ Beta(1, 1): the mean of ln x is −1, its variance 1.
        assert_eq!((mean_log(1, 1), variance_log(1, 1)), (-1.0, 1.0));
        // x ~ Beta(2, 1): −1/2 and 1/4.
        assert_eq!((mean_log(2, 2), variance_log(2, 2)), (-0.5, 0.25));
    }
}
