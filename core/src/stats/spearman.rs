//! Spearman's rank correlation.

/// Correlation of the ranks of two equally long rows of numbers, ties at the mean of their ranks; `None` where one of
/// them has no two different numbers, or a number is not finite.
///
/// # Panics
/// If their lengths differ.
///
/// ```
/// use cellprism_core::stats::spearman;
/// assert_eq!(spearman(&[1.0, 5.0, 9.0], &[0.1, 0.2, 70.0]), Some(1.0));
/// assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
/// ```
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    assert_eq!(a.len(), b.len(), "pairs of numbers");
    if a.iter().chain(b).any(|x| !x.is_finite()) {
        return None;
    }
    let (a, b) = (ranks(a), ranks(b));
    // Every row of ranks has this mean, ties or not.
    let mean = (a.len() as f64 + 1.0) / 2.0;
    let product =
        |x: &[f64], y: &[f64]| -> f64 { x.iter().zip(y).map(|(x, y)| (x - mean) * (y - mean)).sum() };
    let spread = product(&a, &a) * product(&b, &b);
    (spread > 0.0).then(|| (product(&a, &b) / spread.sqrt()).clamp(-1.0, 1.0))
}

/// Ranks from 1, ties at the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    // −0 and 0 are one value.
    let same = |a: usize, b: usize| values[a] == values[b];
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| (values[a] + 0.0).total_cmp(&(values[b] + 0.0)));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for tied in order.chunk_by(|&a, &b| same(a, b)) {
        let rank = start as f64 + (tied.len() as f64 + 1.0) / 2.0;
        tied.iter().for_each(|&i| ranks[i] = rank);
        start += tied.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.spearmanr` of the same numbers.
    #[test]
    fn ties_are_scipys() {
        let a = [1.0, 2.0, 2.0, 3.0, -0.0, 0.0, 7.5];
        let b = [2.0, 1.0, 4.0, 4.0, 4.0, 9.0, -3.0];
        assert_eq!(ranks(&a), [3.0, 4.5, 4.5, 6.0, 1.5, 1.5, 7.0]);
        assert!((spearman(&a, &b).unwrap() - SCIPY).abs() < 1e-12);
    }

    #[test]
    fn order_reversed_and_nothing_to_compare() {
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[3.0, 0.0, -3.0]), Some(-1.0));
        assert_eq!(spearman(&[], &[]), None);
        assert_eq!(spearman(&[1.0, f64::NAN], &[1.0, 2.0]), None);
    }

    const SCIPY: f64 = -0.6227523687795277;
}
