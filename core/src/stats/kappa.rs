//! Agreement beyond chance.

use std::collections::BTreeMap;

/// Cohen's kappa of pairs of answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kappa {
    /// 1: always the same; 0: as often as by chance.
    pub kappa: f64,
    /// Lower end of the 95 % interval from its large-sample standard error (Fleiss, Cohen and Everitt 1969).
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Cohen's kappa, unweighted; `None` where there is no pair, or everybody always gave one and the same answer, so that
/// nothing but agreement could be expected.
///
/// ```
/// use cellprism_core::stats::cohen_kappa;
/// let found = cohen_kappa(&[("a", "a"), ("a", "b"), ("b", "b"), ("b", "b")]).expect("two answers");
/// assert!((found.kappa - 0.5).abs() < 1e-12);
/// assert!(cohen_kappa(&[("a", "a"), ("a", "a")]).is_none());
/// ```
pub fn cohen_kappa<T: Ord + Copy>(pairs: &[(T, T)]) -> Option<Kappa> {
    let n = pairs.len() as f64;
    let mut table: BTreeMap<(T, T), f64> = BTreeMap::new();
    let (mut first, mut second): (BTreeMap<T, f64>, BTreeMap<T, f64>) = Default::default();
    for &(a, b) in pairs {
        *table.entry((a, b)).or_default() += 1.0 / n;
        *first.entry(a).or_default() += 1.0 / n;
        *second.entry(b).or_default() += 1.0 / n;
    }
    let of = |side: &BTreeMap<T, f64>, answer: T| side.get(&answer).copied().unwrap_or(0.0);
    // Whole numbers until the last division: agreement and chance as counts.
    let same = pairs.iter().filter(|(a, b)| a == b).count() as f64;
    let count = |side: fn(&(T, T)) -> T, answer: T| pairs.iter().filter(|p| side(p) == answer).count() as f64;
    let expected: f64 = first.keys().map(|&a| count(|p| p.0, a) * count(|p| p.1, a)).sum();
    if pairs.is_empty() || expected >= n * n {
        return None;
    }
    let kappa = (same * n - expected) / (n * n - expected);
    let chance = expected / (n * n);
    let on: f64 = first
        .keys()
        .map(|&a| {
            let both = table.get(&(a, a)).copied().unwrap_or(0.0);
            both * (1.0 - (of(&first, a) + of(&second, a)) * (1.0 - kappa)).powi(2)
        })
        .sum();
    let off: f64 = table
        .iter()
        .filter(|((a, b), _)| a != b)
        .map(|(&(a, b), &share)| share * (of(&second, a) + of(&first, b)).powi(2))
        .sum();
    let off = off * (1.0 - kappa).powi(2);
    let rest = (kappa - chance * (1.0 - kappa)).powi(2);
    let variance = ((on + off - rest) / (n * (1.0 - chance).powi(2))).max(0.0);
    let half = 1.959_963_984_540_054 * variance.sqrt();
    Some(Kappa { kappa, low: kappa - half, high: kappa + half })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `sklearn.metrics.cohen_kappa_score` and `statsmodels.stats.inter_rater.cohens_kappa` of the same tables.
    #[test]
    fn kappa_and_its_interval_are_those_of_statsmodels() {
        let two: &[&[usize]] = &[&[20, 5], &[10, 15]];
        let three: &[&[usize]] = &[&[9, 3, 1], &[4, 12, 5], &[0, 2, 14]];
        let tables = [
            (two, [0.4, 0.151_092_290_476_661, 0.648_907_709_523_338_9]),
            (three, [0.546_553_808_948_004_8, 0.355_395_123_735_134_8, 0.737_712_494_160_874_7]),
        ];
        for (counts, [kappa, low, high]) in tables {
            let cell = |i: usize, j: usize| vec![(i, j); counts[i][j]];
            let n = counts.len();
            let pairs: Vec<_> = (0..n * n).flat_map(|at| cell(at / n, at % n)).collect();
            let found = cohen_kappa(&pairs).unwrap();
            let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
            assert!(
                close(found.kappa, kappa) && close(found.low, low) && close(found.high, high),
                "{found:?}"
            );
        }
    }

    #[test]
    fn never_the_same_is_below_chance() {
        let found = cohen_kappa(&[(0, 1), (1, 0), (0, 1), (1, 0)]).unwrap();
        assert_eq!(found.kappa, -1.0);
        assert!(cohen_kappa::<u8>(&[]).is_none());
    }
}
