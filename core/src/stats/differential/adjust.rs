//! Many p-values at once.

/// Benjamini–Hochberg adjusted p-values, in the order given.
///
/// ```
/// use cellprism_core::stats::differential::benjamini_hochberg;
///
/// assert_eq!(benjamini_hochberg(&[0.5, 0.01, 0.02]), [0.5, 0.03, 0.03]);
/// ```
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[b].total_cmp(&p[a]));
    let mut adjusted = vec![0.0; p.len()];
    let mut smallest = 1.0f64;
    for (above, &i) in order.iter().enumerate() {
        let rank = (p.len() - above) as f64;
        smallest = smallest.min(p[i] * p.len() as f64 / rank);
        adjusted[i] = smallest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjusted_p_keeps_the_order() {
        assert_eq!(benjamini_hochberg(&[0.01, 0.04, 0.03, 0.5]), [0.04, 0.16 / 3.0, 0.16 / 3.0, 0.5]);
    }
}
