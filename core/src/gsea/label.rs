//! The pathway label of a concept by the paper's rule, and what random rankings would earn.

use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{
    deck::Deck,
    detail::{LabelStrength, PathwayLabel},
    matching::MatchedSet,
    null::{Cancelled, Watch, null_scores},
    parameters::{EnrichmentParameters, LabelChoice},
    permutations::WithinStrata,
    prerank::{Prerank, SetStatistics, weights},
    walk::AllZero,
};

/// When a set may be a label, and which of those that may is it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelRule {
    choice: LabelChoice,
    /// Largest p, or false-discovery rate, of a weak label.
    weak: f64,
    /// Of a strong label.
    strong: f64,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    es: f64,
    nes: f64,
    p: f64,
    fdr: f64,
}

impl LabelRule {
    /// The rule that the parameters name.
    pub fn of(parameters: &EnrichmentParameters) -> Self {
        let (weak, strong) = match parameters.label {
            LabelChoice::Es | LabelChoice::Nes => (parameters.weak_p, parameters.strong_p),
            LabelChoice::Fdr => (parameters.weak_fdr, parameters.strong_fdr),
        };
        Self { choice: parameters.label, weak, strong }
    }

    fn strength(self, found: Candidate) -> Option<LabelStrength> {
        let chance = if self.choice == LabelChoice::Fdr { found.fdr } else { found.p };
        // A negative score says that swapping the set's genes raises the concept: no name for it.
        if !(found.es > 0.0 && chance <= self.weak) {
            return None;
        }
        Some(if chance <= self.strong { LabelStrength::Strong } else { LabelStrength::Weak })
    }

    /// Of two labels, the one with more of this.
    pub fn merit_of(self, label: &PathwayLabel) -> f64 {
        if self.choice == LabelChoice::Es { label.es } else { label.nes }
    }

    /// Of two that pass, the one with more of this.
    fn merit(self, found: Candidate) -> f64 {
        if self.choice == LabelChoice::Es { found.es } else { found.nes }
    }
}

impl From<&SetStatistics> for Candidate {
    fn from(set: &SetStatistics) -> Self {
        Self { es: set.es, nes: set.nes, p: set.p, fdr: set.fdr }
    }
}

/// The set that is the label by the rule, and how strongly; ties go to the earlier set.
pub fn label(result: &Prerank, rule: LabelRule) -> Option<(usize, LabelStrength)> {
    let mut best: Option<(usize, LabelStrength, f64)> = None;
    for (i, set) in result.sets.iter().enumerate() {
        let found = Candidate::from(set);
        if let Some(strength) = rule.strength(found)
            && best.is_none_or(|(.., most)| rule.merit(found) > most)
        {
            best = Some((i, strength, rule.merit(found)));
        }
    }
    best.map(|(i, strength, _)| (i, strength))
}

/// Where random rankings come from.
#[derive(Clone, Copy, Debug)]
pub enum RandomRankings<'a> {
    /// Drawn here: so many, by a seed; `strata[place]` is the stratum of the gene at each place.
    Drawn {
        /// Strata.
        strata: &'a [u8],
        /// Number and seed.
        draws: (usize, u64),
    },
    /// Made before, of the same genes in the same order.
    Made(&'a Deck),
}

/// Shuffles within strata, given by place.
pub(super) fn within_strata(strata: &[u8], seed: u64) -> WithinStrata<Xoshiro256PlusPlus> {
    let mut places: Vec<Vec<u32>> = vec![Vec::new(); 256];
    for (place, &stratum) in strata.iter().enumerate() {
        places[usize::from(stratum)].push(place as u32);
    }
    places.retain(|p| p.len() > 1);
    WithinStrata { rng: Xoshiro256PlusPlus::seed_from_u64(seed), strata: places }
}

/// What random rankings earn.
#[derive(Clone, Debug, PartialEq)]
pub struct NullOutcome {
    /// Share with a label at least as good: of the same strength or stronger, its score as high. Where the
    /// concept has no label, the share with any.
    pub as_good: f64,
    /// Share with any label.
    pub any: f64,
    /// The label of each random ranking, where it earned one.
    pub earned: AllEarned,
    /// For each set, the share of random rankings in which it scores as high.
    pub set_chance: Vec<f64>,
}

/// Deals the concept's own scores again among genes of the same stratum (detection rate), `rankings` times,
/// and labels each by the same rule.
///
/// Permuting scores among genes leaves the
/// distribution of a set's score under GSEA's own permutations as it was, so the p of a random ranking is read
/// from the permutations of the published one.
///
/// # Errors
/// If `watch` says to stop.
pub fn label_null(
    scores: &[f64],
    weight: f64,
    sets: &[MatchedSet],
    result: &Prerank,
    random: RandomRankings<'_>,
    rule: LabelRule,
    watch: Watch<'_>,
) -> Result<NullOutcome, Cancelled> {
    let hits: Vec<&[u32]> = sets.iter().map(|set| set.hits.as_slice()).collect();
    let weights = weights(scores, weight);
    let random = match random {
        RandomRankings::Made(deck) => deck.scores(&weights, &hits, AllZero::Ends),
        RandomRankings::Drawn { strata, draws: (rankings, seed) } => {
            let mut source = within_strata(strata, seed);
            null_scores(&weights, &hits, AllZero::Ends, rankings, &mut source, watch)?
        }
    };
    let rankings = random.first().map_or(0, Vec::len);
    let published = label(result, rule);
    let mut null: Vec<Positive> = result.null.iter().map(|null| Positive::new(null)).collect();
    let rates = (rule.choice == LabelChoice::Fdr).then(|| Rates::new(&null, &random, rankings));
    let mut best: Vec<Option<Earned>> = vec![None; rankings];
    let mut set_chance = Vec::with_capacity(sets.len());
    for (i, scores) in random.iter().enumerate() {
        let observed = result.sets[i].es;
        let as_high = |&&x: &&f64| if observed >= 0.0 { x >= observed } else { x <= observed };
        set_chance.push(scores.iter().filter(as_high).count() as f64 / rankings.max(1) as f64);
        // Hardly any score passes, and those that do not are known by one comparison.
        let bar = if rates.is_some() { 0.0 } else { null[i].bar(rule.weak) };
        for (ranking, &es) in scores.iter().enumerate().filter(|(_, es)| **es > bar) {
            let nes = null[i].normalise(es);
            let fdr = rates.as_ref().map_or(1.0, |rates| rates.of(ranking, nes));
            let found = Candidate { es, nes, p: null[i].p(es), fdr };
            let Some(strength) = rule.strength(found) else { continue };
            let merit = rule.merit(found);
            if best[ranking].is_none_or(|b| merit > b.merit) {
                best[ranking] = Some(Earned { es, merit, strength });
            }
        }
    }
    let published = published.map(|(set, strength)| {
        let set = &result.sets[set];
        Earned { es: set.es, merit: rule.merit(Candidate::from(set)), strength }
    });
    let (as_good, any) = shares(&best, published);
    Ok(NullOutcome { as_good, any, earned: best, set_chance })
}

/// Shares of random rankings with a label at least as good as `published` (of the same strength or stronger, its score as
/// high; any label where there is none), and with any label.
pub(super) fn shares(earned: &[Option<Earned>], published: Option<Earned>) -> (f64, f64) {
    let as_good = |found: &&Earned| {
        published.is_none_or(|own| {
            found.merit >= own.merit
                && (own.strength == LabelStrength::Weak || found.strength == LabelStrength::Strong)
        })
    };
    let share = |n: usize| n as f64 / earned.len().max(1) as f64;
    (share(earned.iter().flatten().filter(as_good).count()), share(earned.iter().flatten().count()))
}

/// The label of each random ranking, where it earned one.
pub type AllEarned = Vec<Option<Earned>>;

/// A label that a ranking earns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Earned {
    /// Enrichment score.
    pub es: f64,
    /// What the rule compares: the enrichment score, or the normalised one.
    pub merit: f64,
    /// Weak or strong.
    pub strength: LabelStrength,
}

/// False-discovery rates within random rankings: the share of null NES as high over the share of the ranking's own
/// (both of those from 0 on), at most 1.
struct Rates {
    null: Vec<f64>,
    own: Vec<Vec<f64>>,
}

impl Rates {
    fn new(null: &[Positive], random: &[Vec<f64>], rankings: usize) -> Self {
        let mut pooled: Vec<f64> =
            null.iter().flat_map(|set| set.0.iter().map(|&es| set.normalise(es))).collect();
        pooled.retain(|x| !x.is_nan());
        pooled.sort_unstable_by(f64::total_cmp);
        let mut own: Vec<Vec<f64>> = vec![Vec::new(); rankings];
        for (set, scores) in null.iter().zip(random) {
            for (values, &es) in own.iter_mut().zip(scores).filter(|(_, es)| **es >= 0.0) {
                values.push(set.normalise(es));
            }
        }
        own.iter_mut().for_each(|values| values.sort_unstable_by(f64::total_cmp));
        Self { null: pooled, own }
    }

    fn of(&self, ranking: usize, nes: f64) -> f64 {
        let share = |sorted: &[f64]| {
            (sorted.len() - sorted.partition_point(|&x| x < nes)) as f64 / sorted.len().max(1) as f64
        };
        (share(&self.null) / share(&self.own[ranking]).max(f64::MIN_POSITIVE)).min(1.0)
    }
}

/// Null scores that are at least 0, and their mean.
struct Positive(Vec<f64>, f64);

impl Positive {
    fn new(null: &[f64]) -> Self {
        let positive: Vec<f64> = null.iter().copied().filter(|&x| x >= 0.0).collect();
        let mean = positive.iter().sum::<f64>() / positive.len() as f64;
        Self(positive, mean)
    }

    /// NES of a score from 0 on; 1 where no null score is.
    fn normalise(&self, es: f64) -> f64 {
        if self.0.is_empty() { 1.0 } else { es / self.1 }
    }

    fn p(&self, es: f64) -> f64 {
        if self.0.is_empty() || es < 0.0 {
            return 1.0;
        }
        self.share(self.0.iter().filter(|&&x| x >= es).count())
    }

    fn share(&self, scores: usize) -> f64 {
        scores as f64 / self.0.len() as f64
    }

    /// The score, or 0, up to which p is above `weak`: scores above it may pass. Null scores change their order.
    fn bar(&mut self, weak: f64) -> f64 {
        let most = (0..self.0.len()).take_while(|&scores| self.share(scores + 1) <= weak).count();
        match self.0.len() - most {
            // Any score passes: so few null scores are no hindrance.
            0 => 0.0,
            // The first of those, ascending, that as many as may score as high stand above.
            left => self.0.select_nth_unstable_by(left - 1, f64::total_cmp).1.max(0.0),
        }
    }
}

#[cfg(test)]
mod tests;
