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
    Ok(prerank_of(&weights, distinct, sets, &order, &hits, null))
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
    prerank_of(&weights, scores.len(), sets, &order, &hits, null)
}

/// Statistics of all sets, in the order given, and the null scores that sets of one size share.
#[derive(Clone, Debug, PartialEq)]
pub struct PrerankBySize {
    /// One entry a set.
    pub sets: Vec<SetStatistics>,
    /// Sizes of sets, ascending, and `[permutations]` null scores of each.
    null: Vec<(usize, Vec<f64>)>,
}

impl PrerankBySize {
    /// Null scores of sets of a size that occurs among them, `[permutations]`; else none.
    pub fn null_of(&self, size: usize) -> &[f64] {
        let found = self.null.binary_search_by_key(&size, |&(size, _)| size);
        found.map_or(&[], |at| self.null[at].1.as_slice())
    }
}

/// [`prerank_with`], but sets of one size share their null scores, as in fgsea: where genes are permuted freely these depend on
/// the size of a set alone. For thousands of sets of a hundred sizes it takes a twentieth of the time; digits are not
/// GSEApy's.
///
/// ```
/// use cellprism_core::gsea::{MatchedSet, PrerankOptions, deck, prerank_by_size};
///
/// let scores = [3.0, 2.0, 1.0, -1.0, -2.0];
/// let set = |hits: Vec<u32>| MatchedSet { term: "set".into(), size: 2, hits };
/// let deck = deck(5, &PrerankOptions::default());
/// let found = prerank_by_size(&deck, &scores, &[set(vec![0, 1]), set(vec![2, 4])], 1.0);
/// assert_eq!(found.sets[0].es, 1.0);
/// assert_eq!(found.null_of(2).len(), 1000);
/// ```
pub fn prerank_by_size(deck: &Deck, scores: &[f64], sets: &[MatchedSet], weight: f64) -> PrerankBySize {
    let weights = weights(scores, weight);
    let order = by_name(sets);
    let hits: Vec<&[u32]> = order.iter().map(|&i| sets[i].hits.as_slice()).collect();
    let mut sizes: Vec<usize> = hits.iter().map(|hits| hits.len()).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let null = deck.scores_of_sizes(&weights, &sizes, AllZero::Ends);
    let null = PrerankBySize { sets: Vec::new(), null: sizes.into_iter().zip(null).collect() };
    let shared: Vec<&[f64]> = hits.iter().map(|hits| null.null_of(hits.len())).collect();
    let sets = summarise(&weights, scores.len(), sets, &order, &hits, &shared);
    PrerankBySize { sets, ..null }
}

/// GSEApy goes through the sets by name, and sums over sets follow that order.
fn by_name(sets: &[MatchedSet]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sets.len()).collect();
    order.sort_by(|&a, &b| sets[a].term.as_bytes().cmp(sets[b].term.as_bytes()));
    order
}

fn prerank_of(
    weights: &[f64],
    distinct: usize,
    sets: &[MatchedSet],
    order: &[usize],
    hits: &[&[u32]],
    null: Vec<Vec<f64>>,
) -> Prerank {
    let of_set: Vec<&[f64]> = null.iter().map(Vec::as_slice).collect();
    let found = summarise(weights, distinct, sets, order, hits, &of_set);
    let mut null_by_set = vec![Vec::new(); sets.len()];
    for (i, scores) in null.into_iter().enumerate() {
        null_by_set[order[i]] = scores;
    }
    Prerank { sets: found, null: null_by_set }
}

/// `hits` and `null` are in `order`, the result is in that of `sets`.
fn summarise(
    weights: &[f64],
    distinct: usize,
    sets: &[MatchedSet],
    order: &[usize],
    hits: &[&[u32]],
    null: &[&[f64]],
) -> Vec<SetStatistics> {
    let es: Vec<f64> = hits.iter().map(|hits| enrichment_score(weights, hits)).collect();
    let peaks = parallel::map(hits.len(), |i| peak_within(weights, distinct, &sets[order[i]].hits, es[i]));
    let mut found: Vec<Option<SetStatistics>> = vec![None; sets.len()];
    for members in libraries(order, sets) {
        let library_es: Vec<f64> = members.iter().map(|&i| es[i]).collect();
        let library_null: Vec<&[f64]> = members.iter().map(|&i| null[i]).collect();
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
    found.into_iter().flatten().collect()
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

    #[test]
    fn sets_of_one_size_share_a_null_that_is_theirs() {
        let scores: Vec<f64> = (0..300).map(|i| f64::from(140 - i) / 7.0).collect();
        let set = |term: &str, hits: Vec<u32>| MatchedSet { term: term.into(), size: hits.len(), hits };
        let sets = [
            set("first", (0..20).collect()),
            set("spread", (0..300).step_by(15).collect()),
            set("larger", (90..130).collect()),
        ];
        let deck = deck(300, &PrerankOptions { permutations: 4000, ..PrerankOptions::default() });
        let (own, shared) =
            (prerank_with(&deck, &scores, &sets, 1.0), prerank_by_size(&deck, &scores, &sets, 1.0));
        // Genes in the first places are those of the shared null.
        assert_eq!(own.null[0], shared.null_of(20));
        let mean = |null: &[f64]| {
            let positive: Vec<f64> = null.iter().copied().filter(|&x| x >= 0.0).collect();
            positive.iter().sum::<f64>() / positive.len() as f64
        };
        for (i, set) in sets.iter().enumerate() {
            assert_eq!(own.sets[i].es, shared.sets[i].es);
            let (a, b) = (mean(&own.null[i]), mean(shared.null_of(set.size)));
            assert!((a / b - 1.0).abs() < 0.03, "{a} and {b}");
            assert!((own.sets[i].p - shared.sets[i].p).abs() < 0.03);
        }
        assert!(shared.null_of(21).is_empty());
    }
}
