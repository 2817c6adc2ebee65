//! The sets of all libraries as places in one ranking of a side, and their statistics.

use crate::{
    bundle::{EnrichmentParameters, GeneSetFile},
    gsea::{Deck, MatchedSet, peak, prerank_by_size, rank_sets},
};

/// Sets of several libraries.
pub(super) struct SideSets<'a> {
    sets: Vec<MatchedSet>,
    /// Where each library's sets end, and its name.
    libraries: Vec<(usize, &'a str)>,
}

/// One set under GSEA's own permutations of all genes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SideStatistics {
    /// Enrichment score.
    pub es: f64,
    /// Normalised enrichment score; 0 for scores up to 0.
    pub nes: f64,
    /// (hits + 1) / (permutations that score from 0 on + 1).
    pub p: f64,
    /// False-discovery rate within the library.
    pub fdr: f64,
    /// Share of permutations that score from 0 on.
    pub positive: f64,
    /// Their mean, by which scores are normalised.
    mean: f64,
}

/// All sets of a ranking.
pub(super) struct AllStatistics {
    /// In the order of the sets.
    pub sets: Vec<SideStatistics>,
}

impl<'a> SideSets<'a> {
    /// Sets of the sizes asked for; `order[place]` is the gene there.
    pub(super) fn rank(
        libraries: &'a [GeneSetFile],
        order: &[u32],
        enrichment: &EnrichmentParameters,
    ) -> Self {
        let (least, most) = (enrichment.min_size as usize, enrichment.max_size as usize);
        let mut all = Self { sets: Vec::new(), libraries: Vec::new() };
        for library in libraries {
            all.sets.extend(rank_sets(library, order, least, most).sets);
            all.libraries.push((all.sets.len(), &library.library));
        }
        all
    }

    /// Whether no set can be tested.
    pub(super) fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// Ascending places of each set's genes.
    pub(super) fn hits(&self) -> Vec<&[u32]> {
        self.sets.iter().map(|set| set.hits.as_slice()).collect()
    }

    /// Name of a set.
    pub(super) fn term(&self, set: usize) -> &str {
        &self.sets[set].term
    }

    /// Library of a set.
    pub(super) fn library(&self, set: usize) -> &str {
        let at = self.libraries.partition_point(|&(end, _)| end <= set);
        self.libraries[at].1
    }

    /// Places of a set's leading edge.
    pub(super) fn leading_edge(&self, weights: &[f64], set: usize, es: f64) -> impl Iterator<Item = u32> {
        peak(weights, &self.sets[set].hits, es).leading_edge.into_iter()
    }

    /// Statistics of scores in ranking order, library by library; sets of one size share their permutations.
    pub(super) fn statistics(&self, deck: &Deck, sorted: &[f64], weight: f64) -> AllStatistics {
        let mut sets = Vec::with_capacity(self.sets.len());
        for &(end, _) in &self.libraries {
            let of_library = &self.sets[sets.len()..end];
            let found = prerank_by_size(deck, sorted, of_library, weight);
            let with_hits = found.sets.iter().zip(of_library);
            sets.extend(with_hits.map(|(set, of)| one(set.es, found.null_of(of.hits.len()), set.fdr)));
        }
        AllStatistics { sets }
    }
}

fn one(es: f64, null: &[f64], fdr: f64) -> SideStatistics {
    let positive = || null.iter().copied().filter(|&score| score >= 0.0);
    let n = positive().count();
    let mean = if n == 0 { 0.0 } else { positive().sum::<f64>() / n as f64 };
    let as_high = positive().filter(|&score| score >= es).count();
    let p = if es > 0.0 { (as_high + 1) as f64 / (n + 1) as f64 } else { 1.0 };
    let positive = n as f64 / null.len().max(1) as f64;
    SideStatistics { es, nes: normalised(es, mean), p, fdr, positive, mean }
}

fn normalised(es: f64, mean: f64) -> f64 {
    if es > 0.0 && mean > 0.0 { es / mean } else { 0.0 }
}

impl AllStatistics {
    /// The set of highest normalised score above 0; ties go to the earlier set.
    pub(super) fn best(&self) -> Option<usize> {
        self.by_nes().into_iter().next()
    }

    /// Sets with a score above 0, highest first.
    pub(super) fn by_nes(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.sets.len()).filter(|&i| self.sets[i].nes > 0.0).collect();
        order.sort_by(|&a, &b| self.sets[b].nes.total_cmp(&self.sets[a].nes).then(a.cmp(&b)));
        order
    }

    /// The highest normalised score of any set in each random ranking, from scores `[sets][rankings]`.
    pub(super) fn highest(&self, null: &[Vec<f64>]) -> Vec<f64> {
        let rankings = null.first().map_or(0, Vec::len);
        let mut highest = vec![0.0f64; rankings];
        for (set, scores) in self.sets.iter().zip(null) {
            for (most, &es) in highest.iter_mut().zip(scores) {
                *most = most.max(normalised(es, set.mean));
            }
        }
        highest
    }
}
