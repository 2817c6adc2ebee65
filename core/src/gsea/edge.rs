//! The running sum of a set, its peak and the leading edge.

/// The running sum along the whole ranking: `[genes]`. `weights` are |score|^weight in ranking order, `hits`
/// ascending places. NaN throughout where all weights of the set are 0, as in GSEApy.
pub fn running_sum(weights: &[f64], hits: &[u32]) -> Vec<f64> {
    let total: f64 = hits.iter().map(|&hit| weights[hit as usize]).sum();
    let (up, down) = (1.0 / total, 1.0 / (weights.len() as f64 - hits.len() as f64));
    let mut out = Vec::with_capacity(weights.len());
    let (mut sum, mut next) = (0.0, hits.iter().peekable());
    for (place, weight) in weights.iter().enumerate() {
        let hit = next.next_if(|&&hit| hit as usize == place).is_some();
        let (tag, no_tag) = if hit { (*weight, 0.0) } else { (0.0, 1.0) };
        sum += tag * up - no_tag * down;
        out.push(sum);
    }
    out
}

/// Where the running sum is furthest from 0, and the genes that bring it there.
#[derive(Clone, Debug, PartialEq)]
pub struct Peak {
    /// Place of the peak.
    pub place: usize,
    /// Places of the leading edge's genes in the order GSEApy lists them: from the top of the ranking for
    /// positive scores, from its end for negative ones.
    pub leading_edge: Vec<u32>,
    /// Share of the ranking on the peak's side.
    pub gene_share: f64,
}

/// The peak for a set of score `es`.
pub fn peak(weights: &[f64], hits: &[u32], es: f64) -> Peak {
    peak_within(weights, weights.len(), hits, es)
}

/// The peak where only the first `distinct` places are walked (see [`super::prerank_within`]).
pub(super) fn peak_within(weights: &[f64], distinct: usize, hits: &[u32], es: f64) -> Peak {
    let counted = hits.partition_point(|&hit| (hit as usize) < distinct);
    let place = peak_place(&weights[..distinct], &hits[..counted], es >= 0.0);
    let n = weights.len() as f64;
    if es >= 0.0 {
        let leading_edge = hits.iter().copied().filter(|&hit| hit as usize <= place).collect();
        Peak { place, leading_edge, gene_share: (place as f64 + 1.0) / n }
    } else {
        let leading_edge = hits.iter().rev().copied().filter(|&hit| hit as usize >= place).collect();
        Peak { place, leading_edge, gene_share: (n - place as f64) / n }
    }
}

/// The first place of the running sum's maximum (or minimum). The sum can only turn at a hit, so these places
/// are compared first; where two are closer than rounding, the whole sum decides as GSEApy's does.
fn peak_place(weights: &[f64], hits: &[u32], highest: bool) -> usize {
    let total: f64 = hits.iter().map(|&hit| weights[hit as usize]).sum();
    if !(1.0 / total).is_finite() || !total.is_finite() {
        return scan(weights, hits, highest);
    }
    let down = 1.0 / (weights.len() as f64 - hits.len() as f64);
    let (mut best, mut second, mut place) = (f64::NEG_INFINITY, f64::NEG_INFINITY, 0usize);
    let mut offer = |value: f64, at: usize| {
        if value > best {
            (second, best, place) = (best, value, at);
        } else if value > second {
            second = value;
        }
    };
    let mut risen = 0.0;
    for (i, &hit) in hits.iter().enumerate() {
        let fallen = (hit as usize - i) as f64 * down;
        if highest {
            risen += weights[hit as usize] / total;
            offer(risen - fallen, hit as usize);
        } else {
            if hit > 0 {
                offer(fallen - risen, hit as usize - 1);
            }
            risen += weights[hit as usize] / total;
        }
    }
    if !highest {
        offer(0.0, weights.len() - 1);
    } else if hits.first().is_some_and(|&hit| hit > 0) {
        // Before the first hit the sum is below 0 but may still be its highest value.
        offer(-down, 0);
    }
    if best - second > 1e-9 { place } else { scan(weights, hits, highest) }
}

fn scan(weights: &[f64], hits: &[u32], highest: bool) -> usize {
    let sum = running_sum(weights, hits);
    let mut place = 0;
    for (i, &value) in sum.iter().enumerate() {
        if value.is_nan() {
            // numpy's argmax and argmin
            return i;
        }
        if (highest && value > sum[place]) || (!highest && value < sum[place]) {
            place = i;
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_short_way_finds_the_same_peak(raw in proptest::collection::vec(0u8..6, 30), mask in proptest::collection::vec(any::<bool>(), 30), highest in any::<bool>()) {
            let weights: Vec<f64> = raw.iter().map(|&w| f64::from(w) / 7.0).collect();
            let hits: Vec<u32> = (0..30).filter(|&i| mask[i as usize]).collect();
            prop_assume!(!hits.is_empty() && hits.len() < 30);
            let total: f64 = hits.iter().map(|&h| weights[h as usize]).sum();
            prop_assume!(total > 0.0);
            prop_assert_eq!(peak_place(&weights, &hits, highest), scan(&weights, &hits, highest));
        }
    }

    #[test]
    fn a_set_at_the_top_has_a_short_edge() {
        let found = peak(&[3.0, 2.0, 1.0, 0.5, 0.2], &[0, 1, 4], 0.5);
        assert_eq!((found.place, found.leading_edge), (1, vec![0, 1]));
    }
}
