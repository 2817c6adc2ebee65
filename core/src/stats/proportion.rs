//! Shares that were counted: their intervals, and the difference of two.

/// The quantile of the normal distribution that leaves 2.5 % on either side.
const Z: f64 = 1.959_963_984_540_054;

/// A share of a count with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Hits divided by trials.
    pub share: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Wilson's score interval of `hits` among `n`, 95 %; `None` where nothing was counted.
///
/// ```
/// use cellprism_core::stats::wilson;
/// let found = wilson(0, 10).expect("ten were counted");
/// assert!(found.low == 0.0 && (found.high - 0.2775).abs() < 1e-4);
/// assert!(wilson(0, 0).is_none());
/// ```
pub fn wilson(hits: u32, n: u32) -> Option<Share> {
    if n == 0 || hits > n {
        return None;
    }
    let (share, n) = (f64::from(hits) / f64::from(n), f64::from(n));
    let scale = 1.0 + Z * Z / n;
    let middle = (share + Z * Z / (2.0 * n)) / scale;
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt() / scale;
    // Rounding must not bring an end beyond 0 or 1, nor the share beyond an end.
    Some(Share { share, low: (middle - half).clamp(0.0, share), high: (middle + half).clamp(share, 1.0) })
}

/// The difference of two shares, first less second, with Newcombe's 95 % interval from both Wilson intervals (1998, his
/// method 10).
pub fn difference(first: Share, second: Share) -> Share {
    let between = |a: f64, b: f64| (a * a + b * b).sqrt();
    let share = first.share - second.share;
    Share {
        share,
        low: share - between(first.share - first.low, second.high - second.share),
        high: share + between(first.high - first.share, second.share - second.low),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `statsmodels.stats.proportion.proportion_confint(…, method="wilson")`, and Newcombe's own example: 56 of 70, 48 of 80.
    #[test]
    fn intervals_are_those_that_were_published() {
        let (a, b) = (wilson(56, 70).unwrap(), wilson(48, 80).unwrap());
        assert!((a.low - 0.6917).abs() < 1e-3 && (a.high - 0.8773).abs() < 1e-3, "{a:?}");
        let found = difference(a, b);
        assert!((found.share - 0.2).abs() < 1e-12);
        assert!((found.low - 0.0524).abs() < 1e-4 && (found.high - 0.3339).abs() < 1e-4, "{found:?}");
    }

    #[test]
    fn none_and_all_stay_within_bounds() {
        let (none, all) = (wilson(0, 7).unwrap(), wilson(7, 7).unwrap());
        assert_eq!((none.low, all.high), (0.0, 1.0));
        assert!((none.high - (1.0 - all.low)).abs() < 1e-12);
        assert!(wilson(2, 1).is_none());
    }
}
