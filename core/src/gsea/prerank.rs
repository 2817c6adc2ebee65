//! Preranked gene set enrichment analysis: from a ranking and sets to statistics.

use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{
    deck::Deck,
    edge::{Peak, peak_within},
    matching::MatchedSet,
    null::{Cancelled, Watch, null_scores},
    permutations::Shuffles,
    statistics::statistics,
    walk::{AllZero, enrichment_score},
};
use crate::parallel;

/// Options of [`prerank`]; the defaults are GSEApy's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrerankOptions {
    /// Permutations.
    pub permutations: usize,
    /// Seed of Xoshiro256++.
    pub seed: u64,
    /// Exponent of the scores.
    pub weight: f64,
}

impl Default for PrerankOptions {
    fn default() -> Self {
        Self { permutations: 1000, seed: 123, weight: 1.0 }
    }
}

/// Statistics of one set.
#[derive(Clone, Debug, PartialEq)]
pub struct SetStatistics {
    /// Enrichment score.
    pub es: f64,
    /// Normalised enrichment score.
    pub nes: f64,
    /// Nominal p: share of permutations of the same sign that score as far; 0 means below 1 / permutations.
    pub p: f64,
    /// False-discovery rate within the library.
    pub fdr: f64,
    /// Family-wise error rate within the library.
    pub fwer: f64,
    /// Peak and leading edge.
    pub peak: Peak,
}

/// Statistics of all sets, in the order given, and their null scores.
#[derive(Clone, Debug, PartialEq)]
pub struct Prerank {
    /// One entry a set.
    pub sets: Vec<SetStatistics>,
    /// `[sets][permutations]`.
    pub null: Vec<Vec<f64>>,
}

/// |score|^weight. The same everywhere for weights 0, 1 and 2.
pub fn weights(scores: &[f64], weight: f64) -> Vec<f64> {
    let power = |x: f64| {
        if weight == 1.0 {
            x
        } else if weight == 0.0 {
            1.0
        } else if weight == 2.0 {
            x * x
        } else {
            pow(x, weight)
        }
    };
    scores.iter().map(|score| power(score.abs())).collect()
}

/// The system's `pow`, as GSEApy calls it: where walks up and down end equally far from 0, the last bit decides.
#[cfg(not(target_arch = "wasm32"))]
fn pow(x: f64, power: f64) -> f64 {
    x.powf(power)
}

/// A browser has no system's `pow`; the last bit may differ from the native one.
#[cfg(target_arch = "wasm32")]
fn pow(x: f64, power: f64) -> f64 {
    libm::pow(x, power)
}

/// GSEApy's `prerank` (convention `gseapy`): `scores` in ranking order, sets as places in it.
///
/// FDR and FWER are computed within each library where terms read `library__term`. Sets all of whose scores
/// are 0 get what GSEApy gives them; it says little, and labels leave them out.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use cellprism_core::gsea::{MatchedSet, PrerankOptions, prerank};
///
/// let scores = [3.0, 2.0, 1.0, -1.0, -2.0];
/// let top = MatchedSet { term: "top".into(), size: 2, hits: vec![0, 1] };
/// let found = prerank(&scores, &[top], &PrerankOptions::default(), &mut |_| ControlFlow::Continue(()))?;
/// assert_eq!(found.sets[0].es, 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If `watch` says to stop.
pub fn prerank(
    scores: &[f64],
    sets: &[MatchedSet],
    options: &PrerankOptions,
    watch: Watch<'_>,
) -> Result<Prerank, Cancelled> {
    prerank_within(scores, scores.len(), sets, options, watch)
}

/// [`prerank`] where names occur twice: only the first `distinct` places are permuted and counted as hits, as in
/// GSEApy, which numbers genes by name (see [`super::Matched::distinct`]).
///
/// # Errors
/// If `watch` says to stop.
pub fn prerank_within(
    scores: &[f64],
    distinct: usize,
    sets: &[MatchedSet],
    options: &PrerankOptions,
    watch: Watch<'_>,
) -> Result<Prerank, Cancelled> {
    let weights = weights(scores, options.weight);
    let order = by_name(sets);
    let counted = |hits: &[u32]| hits.partition_point(|&hit| (hit as usize) < distinct);
    let hits: Vec<&[u32]> = order.iter().map(|&i| &sets[i].hits[..counted(&sets[i].hits)]).collect();
    let rng = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let mut source = Shuffles { rng, places: distinct };
    let null = null_scores(&weights, &hits, AllZero::Ends, options.permutations, &mut source, watch)?;
    Ok(summarise(&weights, distinct, sets, &order, &hits, null))
}

/// GSEApy's permutations of one gene list, for [`prerank_with`].
pub fn deck(genes: usize, options: &PrerankOptions) -> Deck {
    let rng = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    Deck::new(genes, options.permutations, &mut Shuffles { rng, places: genes })
}

/// The same as [`prerank`] with permutations that were made before: for thousands of rankings of one gene list.
pub fn prerank_with(deck: &Deck, scores: &[f64], sets: &[MatchedSet], weight: f64) -> Prerank {
    let weights = weights(scores, weight);
    let order = by_name(sets);
    let hits: Vec<&[u32]> = order.iter().map(|&i| sets[i].hits.as_slice()).collect();
    let null = deck.scores(&weights, &hits, AllZero::Ends);
    summarise(&weights, scores.len(), sets, &order, &hits, null)
}

/// GSEApy goes through the sets by name, and sums over sets follow that order.
fn by_name(sets: &[MatchedSet]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sets.len()).collect();
    order.sort_by(|&a, &b| sets[a].term.as_bytes().cmp(sets[b].term.as_bytes()));
    order
}

fn summarise(
    weights: &[f64],
    distinct: usize,
    sets: &[MatchedSet],
    order: &[usize],
    hits: &[&[u32]],
    null: Vec<Vec<f64>>,
) -> Prerank {
    let es: Vec<f64> = hits.iter().map(|hits| enrichment_score(weights, hits)).collect();
    let peaks = parallel::map(hits.len(), |i| peak_within(weights, distinct, &sets[order[i]].hits, es[i]));
    let mut found: Vec<Option<SetStatistics>> = vec![None; sets.len()];
    for members in libraries(order, sets) {
        let library_es: Vec<f64> = members.iter().map(|&i| es[i]).collect();
        let library_null: Vec<&[f64]> = members.iter().map(|&i| null[i].as_slice()).collect();
        let s = statistics(&library_es, &library_null);
        for (j, &i) in members.iter().enumerate() {
            let peak = peaks[i].clone();
            found[order[i]] = Some(SetStatistics {
                es: es[i],
                nes: s.nes[j],
                p: s.p[j],
                fdr: s.fdr[j],
                fwer: s.fwer[j],
                peak,
            });
        }
    }
    let mut null_by_set = vec![Vec::new(); sets.len()];
    for (i, scores) in null.into_iter().enumerate() {
        null_by_set[order[i]] = scores;
    }
    Prerank { sets: found.into_iter().flatten().collect(), null: null_by_set }
}

/// Places in `order` grouped by what stands before `__` in the term.
pub(super) fn libraries(order: &[usize], sets: &[MatchedSet]) -> Vec<Vec<usize>> {
    let mut groups: std::collections::BTreeMap<&str, Vec<usize>> = std::collections::BTreeMap::new();
    for (i, &set) in order.iter().enumerate() {
        let library = sets[set].term.split_once("__").map_or("", |(library, _)| library);
        groups.entry(library).or_default().push(i);
    }
    groups.into_values().collect()
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;

    #[test]
    fn permutations_made_before_give_the_same_result() {
        let scores: Vec<f64> = (0..90).map(|i| f64::from(40 - i) / 7.0).collect();
        let set = |term: &str, hits: Vec<u32>| MatchedSet { term: term.into(), size: hits.len(), hits };
        let sets =
            [set("b", (0..20).step_by(3).collect()), set("a", vec![5, 60, 89]), set("c", (70..88).collect())];
        let options = PrerankOptions { permutations: 37, ..PrerankOptions::default() };
        let once = prerank(&scores, &sets, &options, &mut |_| ControlFlow::Continue(())).unwrap();
        let deck = deck(90, &options);
        assert_eq!(prerank_with(&deck, &scores, &sets, 1.0), once);
        assert_eq!(prerank_with(&deck, &scores, &sets[..2], 1.0).sets[1].es, once.sets[1].es);
    }
}
