//! The convention `canonical`: p that is never 0, sets without evidence named as such, deep tails by multilevel
//! splitting.

use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{
    edge::{Peak, peak},
    matching::MatchedSet,
    multilevel::{Multilevel, Tail, tails},
    null::{Cancelled, Watch, null_scores},
    permutations::Shuffles,
    prerank::{PrerankOptions, libraries, weights},
    walk::{AllZero, enrichment_score_uniform},
};
use crate::{parallel, stats::beta::simple_log2_error};

/// Fewest permutations of a set's own sign that its null is read from (fgsea's limit).
const FEWEST: usize = 10;

/// Why a set has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAvailable {
    /// Nothing to score by.
    #[error("every ranked gene of the set has score 0")]
    AllZero,
    /// Its null distribution cannot be read.
    #[error("fewer than {FEWEST} permutations have a score of its sign: more permutations may help")]
    OneSided,
}

/// Where a p comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// (hits + 1) / (n + 1) over the n permutations of the same sign.
    Permutations,
    /// Multilevel splitting.
    Multilevel,
    /// Below the smallest p that was asked for, which is given instead.
    Bound,
}

/// Statistics of one set.
#[derive(Clone, Debug, PartialEq)]
pub struct CanonicalStatistics {
    /// Enrichment score.
    pub es: f64,
    /// Divided by the mean of the null scores of its sign.
    pub nes: f64,
    /// p among null scores of its sign; never 0.
    pub p: f64,
    /// Standard error of log2 p; none for a bound.
    pub log2_error: Option<f64>,
    /// Where p comes from.
    pub method: Method,
    /// Benjamini–Hochberg's false-discovery rate within the library.
    pub fdr: f64,
    /// (permutations in which any set of the library is normalised as far + 1) / (permutations + 1).
    pub fwer: f64,
    /// Peak and leading edge.
    pub peak: Peak,
}

/// Statistics of sets given as places in a ranking, in their order; see [`super::Order::TiesByName`].
///
/// A random set that is dealt scores of 0 only is walked with equal weights, as in fgsea.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use cellprism_core::gsea::{MatchedSet, PrerankOptions, canonical};
///
/// let scores: Vec<f64> = (0..200).map(|place| f64::from(100 - place)).collect();
/// let top = MatchedSet { term: "top".into(), size: 20, hits: (0..20).collect() };
/// let options = PrerankOptions::default();
/// let found = canonical(&scores, &[top], &options, None, &mut |_| ControlFlow::Continue(()))?;
/// let best = found[0].as_ref().expect("its scores are not all 0");
/// assert!(best.p > 0.0 && best.p < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If `watch` says to stop.
pub fn canonical(
    scores: &[f64],
    sets: &[MatchedSet],
    options: &PrerankOptions,
    multilevel: Option<&Multilevel>,
    watch: Watch<'_>,
) -> Result<Vec<Result<CanonicalStatistics, NotAvailable>>, Cancelled> {
    let weights = weights(scores, options.weight);
    let usable = |set: &MatchedSet| set.hits.iter().any(|&hit| scores[hit as usize] != 0.0);
    let mut order: Vec<usize> = (0..sets.len()).filter(|&i| usable(&sets[i])).collect();
    order.sort_by(|&a, &b| sets[a].term.as_bytes().cmp(sets[b].term.as_bytes()));
    let hits: Vec<&[u32]> = order.iter().map(|&i| sets[i].hits.as_slice()).collect();
    let rng = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let mut source = Shuffles { rng, places: scores.len() };
    let null = null_scores(&weights, &hits, AllZero::Uniform, options.permutations, &mut source, watch)?;
    let simple = parallel::map(hits.len(), |i| Simple::new(&weights, hits[i], &null[i]));
    let deep = match multilevel {
        Some(multilevel) => deep_tails(&weights, &hits, &simple, multilevel, options),
        None => vec![None; hits.len()],
    };
    let mut found: Vec<Result<CanonicalStatistics, NotAvailable>> =
        vec![Err(NotAvailable::AllZero); sets.len()];
    for (i, simple) in simple.iter().enumerate() {
        found[order[i]] = simple.statistics(deep[i]).map(|mut statistics| {
            statistics.peak = peak(&weights, hits[i], statistics.es);
            statistics
        });
    }
    for members in libraries(&order, sets) {
        correct(&members, &order, &simple, &null, &mut found);
    }
    Ok(found)
}

/// Tails of the sets whose p the permutations do not resolve as well.
fn deep_tails(
    weights: &[f64],
    hits: &[&[u32]],
    simple: &[Simple],
    multilevel: &Multilevel,
    options: &PrerankOptions,
) -> Vec<Option<Tail>> {
    let wanted: Vec<usize> = (0..hits.len())
        .filter(|&i| {
            let s = &simple[i];
            s.same >= FEWEST && multilevel.expected_log2_error(s.p()) < simple_log2_error(s.as_far, s.same)
        })
        .collect();
    let queries: Vec<(&[u32], f64)> = wanted.iter().map(|&i| (hits[i], simple[i].share())).collect();
    let mut out = vec![None; hits.len()];
    for (i, tail) in wanted.iter().zip(tails(weights, &queries, multilevel, options.seed)) {
        out[*i] = Some(tail);
    }
    out
}

/// What the permutations say of one set.
struct Simple {
    es: f64,
    /// Permutations.
    all: usize,
    /// Those of the set's sign.
    same: usize,
    /// Those that score as far.
    as_far: usize,
    /// Means of the null scores at least 0 and below 0.
    means: (f64, f64),
}

impl Simple {
    fn new(weights: &[f64], hits: &[u32], null: &[f64]) -> Self {
        let es = enrichment_score_uniform(weights, hits);
        let same_sign = |&&x: &&f64| (x >= 0.0) == (es >= 0.0);
        let same = null.iter().filter(same_sign).count();
        let as_far = null.iter().filter(same_sign).filter(|&&x| x.abs() >= es.abs()).count();
        let mean = |positive: bool| {
            let of_sign = || null.iter().filter(|&&x| (x >= 0.0) == positive);
            of_sign().sum::<f64>() / of_sign().count() as f64
        };
        Self { es, all: null.len(), same, as_far, means: (mean(true), mean(false)) }
    }

    fn p(&self) -> f64 {
        (self.as_far + 1) as f64 / (self.same + 1) as f64
    }

    /// Share of random sets whose score has this sign.
    fn share(&self) -> f64 {
        (self.same + 1) as f64 / (self.all + 1) as f64
    }

    fn normalise(&self, score: f64) -> f64 {
        if score >= 0.0 { score / self.means.0 } else { score / self.means.1.abs() }
    }

    /// All but the corrections for many sets.
    fn statistics(&self, deep: Option<Tail>) -> Result<CanonicalStatistics, NotAvailable> {
        let nes = self.normalise(self.es);
        if self.same < FEWEST || !nes.is_finite() {
            return Err(NotAvailable::OneSided);
        }
        let (p, log2_error, method) = match deep {
            None => (self.p(), Some(simple_log2_error(self.as_far, self.same)), Method::Permutations),
            Some(Tail { p, log2_error: None }) => (p, None, Method::Bound),
            Some(Tail { p, log2_error }) => (p, log2_error, Method::Multilevel),
        };
        let peak = Peak { place: 0, leading_edge: Vec::new(), gene_share: 0.0 };
        Ok(CanonicalStatistics { es: self.es, nes, p, log2_error, method, fdr: 1.0, fwer: 1.0, peak })
    }
}

/// FDR and FWER of one library's sets: `members` are places in `order`.
fn correct(
    members: &[usize],
    order: &[usize],
    simple: &[Simple],
    null: &[Vec<f64>],
    found: &mut [Result<CanonicalStatistics, NotAvailable>],
) {
    let tested: Vec<usize> = members.iter().copied().filter(|&i| found[order[i]].is_ok()).collect();
    let permutations = tested.first().map_or(0, |&i| null[i].len());
    let (mut highest, mut lowest) = (vec![0.0f64; permutations], vec![0.0f64; permutations]);
    for &i in &tested {
        for (permutation, &score) in null[i].iter().enumerate() {
            let normalised = simple[i].normalise(score);
            highest[permutation] = highest[permutation].max(normalised);
            lowest[permutation] = lowest[permutation].min(normalised);
        }
    }
    highest.sort_unstable_by(f64::total_cmp);
    lowest.sort_unstable_by(f64::total_cmp);
    let p: Vec<f64> =
        tested.iter().filter_map(|&i| found[order[i]].as_ref().ok()).map(|statistics| statistics.p).collect();
    for (&i, fdr) in tested.iter().zip(crate::stats::differential::benjamini_hochberg(&p)) {
        if let Ok(statistics) = &mut found[order[i]] {
            let as_far = if statistics.nes >= 0.0 {
                permutations - highest.partition_point(|&x| x < statistics.nes)
            } else {
                lowest.partition_point(|&x| x <= statistics.nes)
            };
            statistics.fwer = (as_far + 1) as f64 / (permutations + 1) as f64;
            statistics.fdr = fdr;
        }
    }
}
