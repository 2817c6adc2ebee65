//! The pathway label of a concept by the paper's rule, and what random rankings would earn.

use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{
    matching::MatchedSet,
    null::{Cancelled, Watch, null_scores},
    permutations::WithinStrata,
    prerank::{Prerank, weights},
    walk::AllZero,
};
use crate::bundle::LabelStrength;

/// When a set may be a label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelRule {
    /// Largest p of a weak label.
    pub weak_p: f64,
    /// Largest p of a strong label.
    pub strong_p: f64,
}

impl Default for LabelRule {
    fn default() -> Self {
        Self { weak_p: 5e-3, strong_p: 5e-5 }
    }
}

impl LabelRule {
    fn strength(self, es: f64, p: f64) -> Option<LabelStrength> {
        // A negative score says that swapping the set's genes raises the concept: no name for it.
        if es.is_nan() || es <= 0.0 || p > self.weak_p {
            return None;
        }
        Some(if p <= self.strong_p { LabelStrength::Strong } else { LabelStrength::Weak })
    }
}

/// The set of highest positive enrichment score among those that pass, and how strongly; ties go to the
/// earlier set.
pub fn label(result: &Prerank, rule: LabelRule) -> Option<(usize, LabelStrength)> {
    let mut best: Option<(usize, LabelStrength)> = None;
    for (i, set) in result.sets.iter().enumerate() {
        if let Some(strength) = rule.strength(set.es, set.p)
            && best.is_none_or(|(b, _)| set.es > result.sets[b].es)
        {
            best = Some((i, strength));
        }
    }
    best
}

/// What random rankings earn.
#[derive(Clone, Debug, PartialEq)]
pub struct NullOutcome {
    /// Share with a label at least as good: of the same strength or stronger, its score as high. Where the
    /// concept has no label, the share with any.
    pub as_good: f64,
    /// Share with any label.
    pub any: f64,
    /// Scores of the labels, one a random ranking that earned one.
    pub best_es: Vec<f64>,
    /// For each set, the share of random rankings in which it scores as high.
    pub set_chance: Vec<f64>,
}

/// Deals the concept's own scores again among genes of the same stratum (detection rate), `rankings` times,
/// and labels each by the same rule.
///
/// `strata[place]` is the stratum of the gene at each place. Permuting scores among genes leaves the
/// distribution of a set's score under GSEA's own permutations as it was, so the p of a random ranking is read
/// from the permutations of the published one.
///
/// # Errors
/// If `watch` says to stop.
#[allow(clippy::too_many_arguments)]
pub fn label_null(
    scores: &[f64],
    weight: f64,
    sets: &[MatchedSet],
    result: &Prerank,
    strata: &[u8],
    rule: LabelRule,
    (rankings, seed): (usize, u64),
    watch: Watch<'_>,
) -> Result<NullOutcome, Cancelled> {
    let mut places: Vec<Vec<u32>> = vec![Vec::new(); 256];
    for (place, &stratum) in strata.iter().enumerate() {
        places[usize::from(stratum)].push(place as u32);
    }
    places.retain(|p| p.len() > 1);
    let mut source = WithinStrata { rng: Xoshiro256PlusPlus::seed_from_u64(seed), strata: places };
    let hits: Vec<&[u32]> = sets.iter().map(|set| set.hits.as_slice()).collect();
    let random = null_scores(&weights(scores, weight), &hits, AllZero::Ends, rankings, &mut source, watch)?;
    let published = label(result, rule);
    let mut best: Vec<Option<(f64, LabelStrength)>> = vec![None; rankings];
    let mut good = vec![false; rankings];
    let mut set_chance = Vec::with_capacity(sets.len());
    for (i, scores) in random.iter().enumerate() {
        let positive = Positive::new(&result.null[i]);
        let observed = result.sets[i].es;
        let as_high = |&&x: &&f64| if observed >= 0.0 { x >= observed } else { x <= observed };
        set_chance.push(scores.iter().filter(as_high).count() as f64 / rankings.max(1) as f64);
        for (ranking, &es) in scores.iter().enumerate() {
            let Some(strength) = rule.strength(es, positive.p(es)) else { continue };
            if best[ranking].is_none_or(|(highest, _)| es > highest) {
                best[ranking] = Some((es, strength));
            }
        }
    }
    for (ranking, found) in best.iter().enumerate() {
        good[ranking] = match (found, published) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some((es, strength)), Some((set, own))) => {
                *es >= result.sets[set].es
                    && (own == LabelStrength::Weak || *strength == LabelStrength::Strong)
            }
        };
    }
    let share = |n: usize| n as f64 / rankings.max(1) as f64;
    Ok(NullOutcome {
        as_good: share(good.iter().filter(|&&g| g).count()),
        any: share(best.iter().flatten().count()),
        best_es: best.iter().flatten().map(|&(es, _)| es).collect(),
        set_chance,
    })
}

/// Null scores that are at least 0, ascending.
struct Positive(Vec<f64>);

impl Positive {
    fn new(null: &[f64]) -> Self {
        let mut sorted: Vec<f64> = null.iter().copied().filter(|&x| x >= 0.0).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Self(sorted)
    }

    fn p(&self, es: f64) -> f64 {
        if self.0.is_empty() || es < 0.0 {
            return 1.0;
        }
        (self.0.len() - self.0.partition_point(|&x| x < es)) as f64 / self.0.len() as f64
    }
}
