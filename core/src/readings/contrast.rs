//! One ranking of a side, of one contrast, held against random ones: how often is the best set of any library as good?

use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{
    side_sets::{AllStatistics, SideSets},
    tail,
};
use crate::{
    attribution::order_by_score,
    bundle::{EnrichmentParameters, GeneSetFile, ReadingParameters},
    gsea::{AllZero, Cancelled, Deck, Watch, WithinStrata, null_scores, prerank_weights},
};

/// A ranking with its sets.
pub(super) struct Contrast<'a> {
    /// `order[place]` is the gene there.
    pub order: Vec<u32>,
    /// |score|^weight in ranking order.
    pub weights: Vec<f64>,
    /// Sets as places.
    pub sets: SideSets<'a>,
    /// Their statistics.
    pub found: AllStatistics,
    strata: &'a [u8],
}

/// How often chance does as well as a set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Chance {
    /// (hits + 1) / (rankings + 1), or from the fitted tail.
    pub chance: f64,
    /// Random rankings whose best set scores as high.
    pub hits: u32,
    /// Random rankings.
    pub rankings: u32,
    /// Whether it was read from the tail.
    pub tail_fitted: bool,
}

/// Random rankings as good after which no more are drawn: the chance is then known to a seventh of itself, and far from
/// any that survives.
pub const HITS: usize = 50;
/// Random rankings between two looks at how many were as good.
const AT_ONCE: usize = 128;

impl<'a> Contrast<'a> {
    /// Ranks genes by score (`[genes]`) and scores all sets; nothing where no set can be tested.
    pub(super) fn rank(
        scores: &[f32],
        strata: &'a [u8],
        libraries: &'a [GeneSetFile],
        enrichment: &EnrichmentParameters,
        deck: &Deck,
    ) -> Option<Self> {
        let order = order_by_score(scores);
        let sorted: Vec<f64> = order.iter().map(|&gene| f64::from(scores[gene as usize])).collect();
        let sets = SideSets::rank(libraries, &order, enrichment);
        if sets.is_empty() {
            return None;
        }
        let found = sets.statistics(deck, &sorted, enrichment.weight);
        Some(Self { weights: prerank_weights(&sorted, enrichment.weight), order, sets, found, strata })
    }

    /// The chance of one set, and the best normalised score of every random ranking: the scores are dealt again among genes
    /// of one stratum. Drawing ends early once [`HITS`] rankings have a set as good (Besag & Clifford 1991). Where none has,
    /// more are drawn until the chance could survive among `tests`, or the tail is fitted.
    ///
    /// # Errors
    /// If `watch` says to stop.
    pub(super) fn chance_of(
        &self,
        set: usize,
        seed: u64,
        tests: u32,
        reading: &ReadingParameters,
        watch: Watch<'_>,
    ) -> Result<(Chance, Vec<f64>), Cancelled> {
        let hits = self.sets.hits();
        let mut source =
            WithinStrata { rng: Xoshiro256PlusPlus::seed_from_u64(seed), strata: self.places_by_stratum() };
        let nes = self.found.sets[set].nes;
        let first = reading.rankings.max(1) as usize;
        let enough = rankings_needed(tests, reading);
        let (mut highest, mut reached) = (Vec::new(), 0);
        while highest.len() < if reached == 0 { enough } else { first } && reached < HITS {
            let more = match first.saturating_sub(highest.len()) {
                0 => first.min(enough - highest.len()),
                left => left.min(AT_ONCE),
            };
            let null = null_scores(&self.weights, &hits, AllZero::Ends, more, &mut source, watch)?;
            highest.extend(self.found.highest(&null));
            reached = highest.iter().filter(|&&other| other >= nes).count();
        }
        let counted = (reached + 1) as f64 / (highest.len() + 1) as f64;
        let fitted = (reached == 0 && counted > reading.survives / f64::from(tests.max(1)))
            .then(|| tail::beyond(&highest, nes))
            .flatten();
        let chance = Chance {
            chance: fitted.unwrap_or(counted),
            hits: reached as u32,
            rankings: highest.len() as u32,
            tail_fitted: fitted.is_some(),
        };
        Ok((chance, highest))
    }

    /// Places of the ranking that may trade their genes.
    fn places_by_stratum(&self) -> Vec<Vec<u32>> {
        let mut places: Vec<Vec<u32>> = vec![Vec::new(); 256];
        for (place, &gene) in self.order.iter().enumerate() {
            places[usize::from(self.strata[gene as usize])].push(place as u32);
        }
        places.retain(|places| places.len() > 1);
        places
    }
}

/// So many rankings that one test's smallest chance could survive among all tests, within bounds.
fn rankings_needed(tests: u32, reading: &ReadingParameters) -> usize {
    let needed = (f64::from(tests.max(1)) / reading.survives.max(1e-6)).ceil() as usize;
    let least = reading.rankings.max(1) as usize;
    needed.clamp(least, least.max(reading.most_rankings as usize))
}
