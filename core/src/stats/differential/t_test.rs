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
    Tested { score, p: two_sided(score, freedom) }
}

/// Degrees of freedom from which Hill's expansion is as good as the incomplete beta function, where |t| is at most [`NEAR`].
pub(super) const MANY: f64 = 200.0;
/// See [`MANY`].
pub(super) const NEAR: f64 = 6.0;

/// Probability of a |t| at least as large.
fn two_sided(score: f64, freedom: f64) -> f64 {
    if freedom >= MANY && score.abs() <= NEAR {
        return libm::erfc(deviate(score * score, freedom) / std::f64::consts::SQRT_2);
    }
    StudentsT::new(0.0, 1.0, freedom).map_or(1.0, |t| 2.0 * t.cdf(-score.abs()))
}

/// The normal deviate that is as improbable as a t with this square (Hill 1970, algorithm 395): of p, less than 1e-12 is wrong
/// from [`MANY`] degrees of freedom and up to [`NEAR`] on.
#[inline(always)]
pub(super) fn deviate(square: f64, freedom: f64) -> f64 {
    let a = freedom - 0.5;
    let b = 48.0 * a * a;
    let y = a * small_log1p(square / freedom);
    let rest = (((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + b) + y + 3.0;
    (rest / b + 1.0) * y.sqrt()
}

/// ln(1 + x) for x from 0 to ¼, as twice the area tangent of x / (2 + x).
#[inline(always)]
fn small_log1p(x: f64) -> f64 {
    let s = x / (2.0 + x);
    let q = s * s;
    let mut series = 0.0;
    // a plain loop: iterators are not always inlined into functions of the processor's own instructions
    for term in (0..8u8).rev() {
        series = series * q + 1.0 / f64::from(2 * term + 1);
    }
    2.0 * s * series
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
    fn the_logarithm_is_that_of_libm() {
        for step in 0..=250 {
            let x = f64::from(step) / 1000.0;
            assert!((small_log1p(x) - libm::log1p(x)).abs() <= 4.0 * f64::EPSILON * libm::log1p(x), "{x}");
        }
    }

    #[test]
    fn the_expansion_is_the_distribution() {
        for freedom in [200.0, 317.5, 1998.0, 1e5] {
            for step in 0..=60 {
                let t = f64::from(step) / 10.0;
                let exact = 2.0 * StudentsT::new(0.0, 1.0, freedom).unwrap().cdf(-t);
                let found = two_sided(t, freedom);
                assert!((found / exact - 1.0).abs() < 1e-9, "{t} {freedom}: {found} {exact}");
            }
        }
        // scipy.stats.t.sf, doubled
        assert!((two_sided(3.5, 200.0) / 0.000_573_540_074_982_999 - 1.0).abs() < 1e-11);
        assert!((two_sided(-6.0, 1998.0) / 2.336_632_676_911_273e-9 - 1.0).abs() < 1e-11);
    }

    #[test]
    fn without_spread_means_are_equal_or_certainly_different() {
        assert_eq!(welch_test((1.0, 0.0, 3.0), (1.0, 0.0, 3.0)), Tested { score: 0.0, p: 1.0 });
        assert_eq!(welch_test((1.0, 0.0, 3.0), (0.5, 0.0, 3.0)), Tested { score: f64::INFINITY, p: 0.0 });
    }
}
