//! Chances below what random rankings can count, from a generalised Pareto distribution fitted to the largest of them
//! (Knijnenburg, Wessels, Reinders, Shmulevich 2009, "Fewer permutations, more accurate P-values").

/// Exceedances that the tail is fitted to, at most; and no more than a tenth of all.
const EXCEEDANCES: usize = 250;
/// Fewer exceedances are not fitted.
const LEAST: usize = 20;

/// Probability that a random value reaches `observed`, where none of `values` does: by probability-weighted moments
/// (Hosking and Wallis 1987), with a shape of at least 0. A tail that ends somewhere would call anything beyond its end
/// impossible; an exponential one errs to the other side. Never above 1 / (n + 1), which counting shows already.
pub(super) fn beyond(values: &[f64], observed: f64) -> Option<f64> {
    let n = values.len();
    let taken = EXCEEDANCES.min(n / 10);
    if taken < LEAST {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let threshold = f64::midpoint(sorted[taken - 1], sorted[taken]);
    // Ascending, as the moments want them.
    let above: Vec<f64> = sorted[..taken].iter().rev().map(|value| value - threshold).collect();
    let (scale, shape) = fit(&above)?;
    let y = observed - threshold;
    let survival =
        if shape == 0.0 { (-y / scale).exp() } else { (1.0 + shape * y / scale).powf(-1.0 / shape) };
    let p = taken as f64 / n as f64 * survival;
    p.is_finite().then(|| p.clamp(f64::MIN_POSITIVE, 1.0 / (n as f64 + 1.0)))
}

/// Scale and shape from ascending exceedances.
fn fit(above: &[f64]) -> Option<(f64, f64)> {
    let n = above.len() as f64;
    let mean = above.iter().sum::<f64>() / n;
    let weighted = above.iter().enumerate().map(|(i, y)| (n - i as f64 - 0.65) / n * y).sum::<f64>() / n;
    if mean <= 0.0 || !mean.is_finite() {
        return None;
    }
    // The shape with the sign under which positive means heavy.
    let shape = 2.0 - mean / (mean - 2.0 * weighted);
    if !(shape > 0.0 && shape < 1.0) {
        return Some((mean, 0.0));
    }
    Some((2.0 * mean * weighted / (mean - 2.0 * weighted), shape))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uniforms(n: usize) -> impl Iterator<Item = f64> {
        (0..n).map(move |i| ((i * 7919) % n) as f64 / n as f64 + 0.5 / n as f64)
    }

    #[test]
    fn an_exponential_tail_is_found_again() {
        let values: Vec<f64> = uniforms(2000).map(|u| -u.ln()).collect();
        let p = beyond(&values, 10.0).unwrap();
        let truth = (-10.0f64).exp();
        assert!(p > truth / 2.5 && p < truth * 2.5, "{p} {truth}");
        // Where counting can show it, too, the two agree.
        assert!(beyond(&values, 0.1).unwrap() <= 1.0 / 2001.0);
    }

    #[test]
    fn a_heavy_tail_is_heavy() {
        // P(X > x) = x^-4
        let values: Vec<f64> = uniforms(2000).map(|u| u.powf(-0.25)).collect();
        let (p, truth) = (beyond(&values, 12.0).unwrap(), 12.0f64.powi(-4));
        assert!(p > truth / 4.0 && p < truth * 4.0, "{p} {truth}");
        assert_eq!(beyond(&values[..100], 12.0), None);
        assert_eq!(beyond(&[1.0; 1000], 2.0), None);
    }
}
