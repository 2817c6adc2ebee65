//! Quantile bins of a cell's counts.
//!
//! The edges are numpy's linear quantiles to the last bit, because counts are small integers that fall on edges:
//! an edge one unit in the last place higher would move every gene with that count.

/// Bins 1 to `n_bins` − 1 of a cell's non-zero counts: the number of quantile edges at or below each.
///
/// scGPT draws at random where edges coincide; this is its deterministic rule `side="one"` (scgpt 0.2.4,
/// `preprocess._digitize`; numpy 2 `quantile`, method `linear`).
///
/// ```
/// assert_eq!(cellprism_core::embedding::scgpt::bins(&[1.0, 2.0, 3.0], 5), [1, 2, 4]);
/// ```
pub fn bins(counts: &[f32], n_bins: u32) -> Vec<u16> {
    let edges = edges(counts, n_bins);
    counts.iter().map(|&count| edges.partition_point(|&edge| edge <= f64::from(count)) as u16).collect()
}

/// The `n_bins` − 1 quantiles at equal steps from 0 to 1.
fn edges(counts: &[f32], n_bins: u32) -> Vec<f64> {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let steps = n_bins.saturating_sub(2);
    let (Some(last), true) = (sorted.len().checked_sub(1), n_bins >= 2) else { return Vec::new() };
    let step = 1.0 / f64::from(steps.max(1));
    (0..=steps)
        .map(|i| {
            let share = if i == steps && steps > 0 { 1.0 } else { f64::from(i) * step };
            let place = share * last as f64;
            let below = place.floor();
            let at = (below as usize).min(last);
            let (a, b) = (sorted[at], sorted[(at + 1).min(last)]);
            between(a, b, place - below)
        })
        .collect()
}

/// numpy's interpolation: from the nearer end; the difference is taken in f32, the type of the counts.
fn between(a: f32, b: f32, share: f64) -> f64 {
    let difference = f64::from(b - a);
    if share < 0.5 { f64::from(a) + difference * share } else { f64::from(b) - difference * (1.0 - share) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ties_take_the_highest_of_their_edges() {
        assert_eq!(bins(&[1.0; 4], 51), [50; 4]);
        assert_eq!(bins(&[], 51), [0u16; 0]);
        assert_eq!(bins(&[7.0], 51), [50]);
    }

    proptest! {
        #[test]
        fn bins_follow_the_order_of_counts(counts in proptest::collection::vec(1u8..9, 1..80)) {
            let counts: Vec<f32> = counts.into_iter().map(f32::from).collect();
            let found = bins(&counts, 51);
            for (i, a) in counts.iter().enumerate() {
                prop_assert!((1..=50).contains(&found[i]));
                for (j, b) in counts.iter().enumerate() {
                    prop_assert!(a > b || found[i] <= found[j]);
                    prop_assert!(a != b || found[i] == found[j]);
                }
            }
        }
    }
}
