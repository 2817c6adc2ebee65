//! Welch's t-test from moments.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{Moments, Tested};

/// t and two-sided p of every gene, group against reference, as SciPy's `ttest_ind_from_stats(equal_var=False)`, with
/// scanpy's 0 and 1 where neither mean nor spread differs. `overestimate` takes the reference to be as few cells as the
/// group (scanpy's `t-test_overestim_var`).
pub fn t_test(group: &Moments, reference: &Moments, overestimate: bool) -> Vec<Tested> {
    let size = if overestimate { group.cells() } else { reference.cells() };
    (0..group.genes())
        .map(|gene| {
            welch_test(
                (group.mean(gene), group.variance(gene), group.cells() as f64),
                (reference.mean(gene), reference.variance(gene), size as f64),
            )
        })
        .collect()
}

/// From mean, unbiased variance and size of two groups.
pub fn welch_test((mean_a, var_a, n_a): (f64, f64, f64), (mean_b, var_b, n_b): (f64, f64, f64)) -> Tested {
    let (a, b) = (var_a / n_a, var_b / n_b);
    let score = (mean_a - mean_b) / (a + b).sqrt();
    if score.is_nan() {
        return Tested { score: 0.0, p: 1.0 };
    }
    if score.is_infinite() {
        return Tested { score, p: 0.0 };
    }
    let freedom = (a + b) * (a + b) / (a * a / (n_a - 1.0) + b * b / (n_b - 1.0));
    let p = StudentsT::new(0.0, 1.0, freedom).map_or(1.0, |t| 2.0 * t.cdf(-score.abs()));
    Tested { score, p }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn welch_equals_a_worked_example() {
        // scipy.stats.ttest_ind_from_stats(1.2, 0.5, 12, 0.7, 0.8, 20, equal_var=False)
        let found = welch_test((1.2, 0.25, 12.0), (0.7, 0.64, 20.0));
        assert!((found.score - 2.175_284_165_054_8).abs() < 1e-9, "{found:?}");
        assert!((found.p - 0.037_647_869_358_262).abs() < 1e-10, "{found:?}");
    }

    #[test]
    fn without_spread_means_are_equal_or_certainly_different() {
        assert_eq!(welch_test((1.0, 0.0, 3.0), (1.0, 0.0, 3.0)), Tested { score: 0.0, p: 1.0 });
        assert_eq!(welch_test((1.0, 0.0, 3.0), (0.5, 0.0, 3.0)), Tested { score: f64::INFINITY, p: 0.0 });
    }
}
