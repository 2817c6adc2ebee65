//! The enrichment score of a set from the places of its genes.
//!
//! The walk goes down by `1 / (genes − hits)` at every miss and up by `weight / Σ weights of hits` at every
//! hit; the score is its value furthest from 0, an earlier one winning ties. Sums run in the order of the
//! ranking, so lanes of several permutations give the bits of one walk after another.

/// Permutations walked side by side.
pub const LANES: usize = 16;
/// Lanes of one walk: what fits the registers.
const HALF: usize = 8;

/// A place in the ranking in as few bits as its length allows.
pub trait Place: Copy + Default + Ord + Send + Sync {
    /// From an index that fits.
    fn from_index(index: usize) -> Self;
    /// As an index.
    fn index(self) -> usize;
}

impl Place for u16 {
    fn from_index(index: usize) -> Self {
        index as u16
    }
    fn index(self) -> usize {
        usize::from(self)
    }
}

impl Place for u32 {
    fn from_index(index: usize) -> Self {
        index as u32
    }
    fn index(self) -> usize {
        self as usize
    }
}

/// What a set counts whose genes all have weight 0, for which the walk up is 0/0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllZero {
    /// As GSEApy: the walk ends at the first gene of the set.
    Ends,
    /// Its genes count the same, as in fgsea.
    Uniform,
}

/// The enrichment score of one set: `weights` in ranking order, `hits` ascending places (GSEApy's walk).
pub fn enrichment_score(weights: &[f64], hits: &[u32]) -> f64 {
    let total: f64 = hits.iter().map(|&hit| weights[hit as usize]).sum();
    let down = 1.0 / (weights.len() as f64 - hits.len() as f64);
    let up = 1.0 / total;
    let (mut best, mut current, mut last) = (0.0f64, 0.0f64, -1.0f64);
    for &hit in hits {
        let place = f64::from(hit);
        current -= down * (place - last - 1.0);
        if current.abs() > best.abs() {
            best = current;
        }
        current += up * weights[hit as usize];
        if current.abs() > best.abs() {
            best = current;
        }
        last = place;
    }
    best
}

/// [`enrichment_score`] with [`AllZero::Uniform`].
pub fn enrichment_score_uniform(weights: &[f64], hits: &[u32]) -> f64 {
    if hits.iter().any(|&hit| weights[hit as usize] != 0.0) {
        enrichment_score(weights, hits)
    } else {
        enrichment_score(&vec![1.0; weights.len()], hits)
    }
}

/// Scratch space of one thread.
#[derive(Default)]
pub struct Scratch<P> {
    places: Vec<[P; LANES]>,
    weights: Vec<[f64; HALF]>,
}

/// Enrichment scores of one set under [`LANES`] permutations.
///
/// `table[gene][lane]` is the place of a gene, `set` its genes, `network` the comparators for its size; an
/// empty network sorts lane by lane.
#[inline(always)]
pub fn scores<P: Place>(
    weights: &[f64],
    table: &[[P; LANES]],
    set: &[u32],
    network: &[(u32, u32)],
    zero: AllZero,
    scratch: &mut Scratch<P>,
) -> [f64; LANES] {
    let Scratch { places, weights: weighted } = scratch;
    places.clear();
    places.extend(set.iter().map(|&gene| table[gene as usize]));
    if network.is_empty() {
        sort_each(places);
    }
    for &(i, j) in network {
        let (a, b) = (places[i as usize], places[j as usize]);
        let (mut low, mut high) = (a, b);
        for lane in 0..LANES {
            low[lane] = a[lane].min(b[lane]);
            high[lane] = a[lane].max(b[lane]);
        }
        places[i as usize] = low;
        places[j as usize] = high;
    }
    let mut out = [0.0; LANES];
    out[..HALF].copy_from_slice(&walk::<P, 0>(weights, places, zero, weighted));
    out[HALF..].copy_from_slice(&walk::<P, HALF>(weights, places, zero, weighted));
    out
}

fn sort_each<P: Place>(places: &mut [[P; LANES]]) {
    let mut column: Vec<P> = Vec::with_capacity(places.len());
    for lane in 0..LANES {
        column.clear();
        column.extend(places.iter().map(|row| row[lane]));
        column.sort_unstable();
        for (row, &place) in places.iter_mut().zip(&column) {
            row[lane] = place;
        }
    }
}

#[inline(always)]
fn walk<P: Place, const FROM: usize>(
    weights: &[f64],
    places: &[[P; LANES]],
    zero: AllZero,
    weighted: &mut Vec<[f64; HALF]>,
) -> [f64; HALF] {
    weighted.clear();
    let mut total = [0.0f64; HALF];
    for row in places {
        let values: [f64; HALF] = std::array::from_fn(|lane| weights[row[FROM + lane].index()]);
        for lane in 0..HALF {
            total[lane] += values[lane];
        }
        weighted.push(values);
    }
    if zero == AllZero::Uniform {
        for (lane, total) in total.iter_mut().enumerate() {
            if *total == 0.0 {
                weighted.iter_mut().for_each(|values| values[lane] = 1.0);
                *total = places.len() as f64;
            }
        }
    }
    let down = 1.0 / (weights.len() as f64 - places.len() as f64);
    let up: [f64; HALF] = std::array::from_fn(|lane| 1.0 / total[lane]);
    let (mut best, mut current, mut last) = ([0.0f64; HALF], [0.0f64; HALF], [-1.0f64; HALF]);
    for (row, values) in places.iter().zip(weighted.iter()) {
        // Through i32, which processors convert many at a time.
        let place: [f64; HALF] = std::array::from_fn(|lane| f64::from(row[FROM + lane].index() as i32));
        for lane in 0..HALF {
            let before = current[lane] - down * (place[lane] - last[lane] - 1.0);
            let kept = if before.abs() > best[lane].abs() { before } else { best[lane] };
            let after = before + up[lane] * values[lane];
            best[lane] = if after.abs() > kept.abs() { after } else { kept };
            current[lane] = after;
        }
        last = place;
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::gsea::network::comparators;

    proptest! {
        #[test]
        fn lanes_equal_one_walk_after_another(raw in proptest::collection::vec(0u8..5, 40), keys in proptest::collection::vec(any::<u32>(), 40 * LANES), size in 1usize..39, by_network in any::<bool>(), uniform in any::<bool>()) {
            let mut weights: Vec<f64> = raw.iter().map(|&w| f64::from(w.saturating_sub(2)) / 3.0).collect();
            weights.sort_by(|a, b| b.total_cmp(a));
            let mut table = vec![[0u16; LANES]; 40];
            for lane in 0..LANES {
                let mut order: Vec<usize> = (0..40).collect();
                order.sort_by_key(|&gene| (keys[gene * LANES + lane], gene));
                for (place, &gene) in order.iter().enumerate() {
                    table[gene][lane] = place as u16;
                }
            }
            let set: Vec<u32> = (0..size as u32).collect();
            let network = if by_network { comparators(size) } else { vec![] };
            let zero = if uniform { AllZero::Uniform } else { AllZero::Ends };
            let one = if uniform { enrichment_score_uniform } else { enrichment_score };
            let fast = scores(&weights, &table, &set, &network, zero, &mut Scratch::default());
            for lane in 0..LANES {
                let mut hits: Vec<u32> = set.iter().map(|&g| u32::from(table[g as usize][lane])).collect();
                hits.sort_unstable();
                prop_assert_eq!(fast[lane].to_bits(), one(&weights, &hits).to_bits());
            }
        }
    }
}
