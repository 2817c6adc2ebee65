//! Over-representation: whether the genes at the top of a ranking are in a set more often than by chance.

use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{matching::MatchedSet, prerank::libraries, shuffle::shuffle};
use crate::{parallel, stats::differential::benjamini_hochberg};

/// The test of one set.
#[derive(Clone, Debug, PartialEq)]
pub struct OverRepresentation {
    /// Places of the set's genes that are in the list, ascending.
    pub overlap: Vec<u32>,
    /// Probability of at least so many under the hypergeometric distribution.
    pub p: f64,
    /// Benjamini–Hochberg's false-discovery rate within the library.
    pub fdr: f64,
    /// (random lists of the same length whose best set of the library has a p as small + 1) / (random lists + 1).
    pub chance: f64,
}

/// Tests each set with the first `list` of `genes` ranked genes, the ranked genes being the universe; `random` lists
/// of the same length, drawn from `seed`, give the chance of a p as small.
///
/// ```
/// use cellprism_core::gsea::{MatchedSet, over_representation};
///
/// let set = MatchedSet { term: "top".into(), size: 2, hits: vec![0, 1] };
/// let found = over_representation(10, 2, &[set], 100, 1);
/// // both of the list's two genes: 1 of 45 pairs
/// assert!((found[0].p - 1.0 / 45.0).abs() < 1e-12);
/// ```
pub fn over_representation(
    genes: usize,
    list: usize,
    sets: &[MatchedSet],
    random: usize,
    seed: u64,
) -> Vec<OverRepresentation> {
    let list = list.min(genes);
    let tails = Tails::new(genes, list, sets);
    let mut order: Vec<usize> = (0..sets.len()).collect();
    order.sort_by(|&a, &b| sets[a].term.as_bytes().cmp(sets[b].term.as_bytes()));
    let mut found: Vec<OverRepresentation> = sets
        .iter()
        .map(|set| {
            let overlap: Vec<u32> = set.hits.iter().copied().filter(|&hit| (hit as usize) < list).collect();
            let p = tails.p(set.hits.len(), overlap.len());
            OverRepresentation { overlap, p, fdr: 1.0, chance: 1.0 }
        })
        .collect();
    let lists = random_lists(genes, list, random, seed);
    for members in libraries(&order, sets) {
        let members: Vec<usize> = members.into_iter().map(|i| order[i]).collect();
        let mut best = parallel::map(lists.len(), |i| smallest_p(&lists[i], genes, &members, sets, &tails));
        best.sort_unstable_by(f64::total_cmp);
        let p: Vec<f64> = members.iter().map(|&i| found[i].p).collect();
        for (&i, fdr) in members.iter().zip(benjamini_hochberg(&p)) {
            let as_small = best.partition_point(|&p| p <= found[i].p);
            found[i].chance = (as_small + 1) as f64 / (random + 1) as f64;
            found[i].fdr = fdr;
        }
    }
    found
}

/// Lists of places that are dealt one after another from one deck.
fn random_lists(genes: usize, list: usize, random: usize, seed: u64) -> Vec<Vec<u32>> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed ^ 0x006c_6973_7473);
    let mut deck: Vec<u32> = (0..genes as u32).collect();
    let deal = |_| {
        shuffle(&mut deck, &mut rng);
        deck[..list].to_vec()
    };
    (0..random).map(deal).collect()
}

fn smallest_p(list: &[u32], genes: usize, members: &[usize], sets: &[MatchedSet], tails: &Tails) -> f64 {
    let mut in_list = vec![false; genes];
    list.iter().for_each(|&place| in_list[place as usize] = true);
    let p = |&i: &usize| {
        let overlap = sets[i].hits.iter().filter(|&&hit| in_list[hit as usize]).count();
        tails.p(sets[i].hits.len(), overlap)
    };
    members.iter().map(p).fold(1.0, f64::min)
}

/// Upper tails of the hypergeometric distribution for every set size in use.
struct Tails(Vec<Vec<f64>>);

impl Tails {
    fn new(genes: usize, list: usize, sets: &[MatchedSet]) -> Self {
        let mut log_factorial = vec![0.0; genes + 1];
        for n in 1..=genes {
            log_factorial[n] = log_factorial[n - 1] + libm::log(n as f64);
        }
        let choose = |n: usize, k: usize| log_factorial[n] - log_factorial[k] - log_factorial[n - k];
        let longest = sets.iter().map(|set| set.hits.len()).max().unwrap_or(0);
        let mut tails = vec![Vec::new(); longest + 1];
        for set in sets {
            let size = set.hits.len();
            if !tails[size].is_empty() {
                continue;
            }
            let mut tail = vec![0.0; size + 2];
            for overlap in (0..=size).rev() {
                let possible = overlap <= list && size - overlap <= genes - list;
                let here = if possible {
                    let log =
                        choose(list, overlap) + choose(genes - list, size - overlap) - choose(genes, size);
                    libm::exp(log)
                } else {
                    0.0
                };
                tail[overlap] = tail[overlap + 1] + here;
            }
            // All of the distribution, whatever the rounding.
            tail[0] = 1.0;
            tails[size] = tail;
        }
        Self(tails)
    }

    /// Probability of at least `overlap`; the smallest number that is not 0 where it is below.
    fn p(&self, size: usize, overlap: usize) -> f64 {
        self.0[size][overlap].clamp(f64::MIN_POSITIVE, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(term: &str, hits: &[u32]) -> MatchedSet {
        MatchedSet { term: term.into(), size: hits.len(), hits: hits.to_vec() }
    }

    #[test]
    fn p_is_that_of_the_hypergeometric_distribution() {
        // 4 of 5 genes of a set among the first 10 of 40: (C(10,4)·30 + C(10,5)) / C(40,5).
        let found = over_representation(40, 10, &[set("a", &[0, 3, 7, 9, 20]), set("b", &[30, 31])], 200, 1);
        let expected = (210.0 * 30.0 + 252.0) / 658_008.0;
        assert!((found[0].p / expected - 1.0).abs() < 1e-12);
        assert_eq!((found[0].overlap.as_slice(), found[1].p), ([0, 3, 7, 9].as_slice(), 1.0));
        assert!((found[0].fdr / (2.0 * expected) - 1.0).abs() < 1e-12);
        assert!(found[0].chance < 0.1 && found[1].chance == 1.0, "{found:?}");
    }

    #[test]
    fn a_list_of_no_gene_or_of_all_says_nothing() {
        for list in [0, 40] {
            assert_eq!(over_representation(40, list, &[set("a", &[1, 2])], 10, 1)[0].p, 1.0);
        }
    }
}
