//! The enrichment score of a set from the places of its genes.
//!
//! The walk goes down by `1 / (genes − hits)` at every miss and up by `weight / Σ weights of hits` at every
//! hit; the score is its value furthest from 0, an earlier one winning ties. Sums run in the order of the
//! ranking, so lanes of several permutations give the bits of one walk after another.

use super::network::Network;

/// Permutations walked side by side.
pub(super) const LANES: usize = 16;
/// Lanes of one walk where registers hold 4 numbers: more would not fit them.
pub(super) const HALF: usize = 8;

/// A place in the ranking in as few bits as its length allows.
pub(super) trait Place: Copy + Default + Ord + Send + Sync {
    /// From an index that fits.
    fn from_index(index: usize) -> Self;
    /// As a number.
    fn number(self) -> i32;
    /// Weights in ranking order, so that none has to ask whether a place is in the ranking.
    type Weights: Sync;
    /// Of a ranking.
    fn weights(ranking: &[f64]) -> Self::Weights;
    /// The weight at a place.
    fn weight(self, weights: &Self::Weights) -> f64;
}

impl Place for u16 {
    type Weights = Box<[f64; 1 << 16]>;

    fn from_index(index: usize) -> Self {
        index as u16
    }
    fn number(self) -> i32 {
        i32::from(self)
    }
    fn weights(ranking: &[f64]) -> Self::Weights {
        let mut all = vec![0.0; 1 << 16];
        all[..ranking.len()].copy_from_slice(ranking);
        all.try_into().unwrap_or_else(|_| unreachable!("the length of an array"))
    }
    fn weight(self, weights: &Self::Weights) -> f64 {
        weights[usize::from(self)]
    }
}

impl Place for u32 {
    type Weights = Vec<f64>;

    fn from_index(index: usize) -> Self {
        index as u32
    }
    fn number(self) -> i32 {
        self as i32
    }
    fn weights(ranking: &[f64]) -> Self::Weights {
        ranking.to_vec()
    }
    fn weight(self, weights: &Self::Weights) -> f64 {
        weights[self as usize]
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
pub(super) fn enrichment_score_uniform(weights: &[f64], hits: &[u32]) -> f64 {
    if hits.iter().any(|&hit| weights[hit as usize] != 0.0) {
        enrichment_score(weights, hits)
    } else {
        enrichment_score(&vec![1.0; weights.len()], hits)
    }
}

/// Scratch space of one thread.
pub(super) struct Scratch<P, const WIDTH: usize> {
    places: Vec<[P; LANES]>,
    weights: Vec<[f64; WIDTH]>,
}

impl<P, const WIDTH: usize> Default for Scratch<P, WIDTH> {
    fn default() -> Self {
        Self { places: Vec::new(), weights: Vec::new() }
    }
}

/// Enrichment scores of one set under [`LANES`] permutations, so many of them side by side as `WIDTH`, [`HALF`] or all.
///
/// `table[gene][lane]` is the place of a gene, `set` its genes, `network` sorts as many places.
#[inline(always)]
pub(super) fn scores<P: Place, const WIDTH: usize>(
    weights: &P::Weights,
    table: &[[P; LANES]],
    set: &[u32],
    network: &Network,
    zero: AllZero,
    scratch: &mut Scratch<P, WIDTH>,
) -> [f64; LANES] {
    let Scratch { places, weights: weighted } = scratch;
    places.clear();
    places.extend(set.iter().map(|&gene| table[gene as usize]));
    network.sort(places);
    let mut out = [0.0; LANES];
    for (part, out) in out.as_chunks_mut::<WIDTH>().0.iter_mut().enumerate() {
        *out = walk(weights, table.len(), places, part * WIDTH, zero, weighted);
    }
    out
}

#[inline(always)]
fn walk<P: Place, const WIDTH: usize>(
    weights: &P::Weights,
    genes: usize,
    places: &[[P; LANES]],
    from: usize,
    zero: AllZero,
    weighted: &mut Vec<[f64; WIDTH]>,
) -> [f64; WIDTH] {
    weighted.clear();
    let mut total = [0.0f64; WIDTH];
    for row in places {
        let values: [f64; WIDTH] = std::array::from_fn(|lane| row[from + lane].weight(weights));
        for lane in 0..WIDTH {
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
    let down = 1.0 / (genes as f64 - places.len() as f64);
    let up: [f64; WIDTH] = std::array::from_fn(|lane| 1.0 / total[lane]);
    let (mut best, mut current, mut last) = ([0.0f64; WIDTH], [0.0f64; WIDTH], [-1.0f64; WIDTH]);
    for (row, values) in places.iter().zip(weighted.iter()) {
        // Through i32, which processors convert many at a time.
        let place: [f64; WIDTH] = std::array::from_fn(|lane| f64::from(row[from + lane].number()));
        for lane in 0..WIDTH {
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
            let network = if by_network { Network::new(size) } else { Network::none(size) };
            let padded = u16::weights(&weights);
            let zero = if uniform { AllZero::Uniform } else { AllZero::Ends };
            let one = if uniform { enrichment_score_uniform } else { enrichment_score };
            let fast = scores(&padded, &table, &set, &network, zero, &mut Scratch::<_, HALF>::default());
            let wide = scores(&padded, &table, &set, &network, zero, &mut Scratch::<_, LANES>::default());
            prop_assert_eq!(fast.map(f64::to_bits), wide.map(f64::to_bits));
            for lane in 0..LANES {
                let mut hits: Vec<u32> = set.iter().map(|&g| u32::from(table[g as usize][lane])).collect();
                hits.sort_unstable();
                prop_assert_eq!(fast[lane].to_bits(), one(&weights, &hits).to_bits());
            }
        }
    }
}
