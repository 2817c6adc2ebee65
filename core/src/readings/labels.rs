//! The label of one side of a concept, and how often chance does as well: the best set over all libraries is held against
//! the best sets of rankings in which the side's scores are dealt again among genes of the same mean count.

use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{side_sets::SideSets, tail};
use crate::{
    attribution::order_by_score,
    bundle::{
        EnrichmentParameters, GeneSetFile, Maybe, ReadingParameters, Side, SideEnrichment, SideLabel, SideSet,
    },
    gsea::{AllZero, Cancelled, Multilevel, Watch, WithinStrata, null_scores, prerank_weights, tails},
};

/// Sets listed for a side.
const SHOWN: usize = 20;
/// Bins of the best scores of random rankings.
const NULL_BINS: usize = 20;

/// What [`label_side`] needs beside the scores.
#[derive(Clone, Copy, Debug)]
pub struct SideRequest<'a> {
    /// Libraries.
    pub sets: &'a [GeneSetFile],
    /// Symbols of the genes.
    pub symbols: &'a [String],
    /// Strata of the genes.
    pub strata: &'a [u8],
    /// Sizes of sets and the weight of scores.
    pub enrichment: &'a EnrichmentParameters,
    /// Random rankings and the rate up to which labels survive.
    pub reading: &'a ReadingParameters,
    /// Concepts and sides that are tested together.
    pub tests: u32,
}

/// The best set of a side and all sets of high score. The label's `chance_adjusted` and `survives` are not settled yet:
/// they depend on the other concepts ([`super::settle`]).
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledSide {
    /// The best set.
    pub label: SideLabel,
    /// Sets of high score.
    pub enrichment: SideEnrichment,
}

/// Labels one side from its scores (`[genes]`), or says why it cannot be labelled.
///
/// # Errors
/// If `watch` says to stop.
pub fn label_side(
    scores: &[f32],
    side: Side,
    request: SideRequest<'_>,
    watch: Watch<'_>,
) -> Result<Maybe<LabelledSide>, Cancelled> {
    if request.sets.is_empty() {
        return Ok(Maybe::missing("no gene sets were given"));
    }
    if !scores.iter().any(|&score| score > 0.0) {
        return Ok(Maybe::missing(match side {
            Side::Presence => "no gene that its cells have more of drives it",
            Side::Absence => "no gene that its cells have less of drives it",
        }));
    }
    let order = order_by_score(scores);
    let sorted: Vec<f64> = order.iter().map(|&gene| f64::from(scores[gene as usize])).collect();
    let weights = prerank_weights(&sorted, request.enrichment.weight);
    let sets = SideSets::rank(request.sets, &order, request.enrichment);
    if sets.is_empty() {
        return Ok(Maybe::missing("no set of any library has enough genes of the model"));
    }
    let hits = sets.hits();
    let mut source = WithinStrata {
        rng: Xoshiro256PlusPlus::seed_from_u64(request.reading.seed ^ (side as u64 + 1)),
        strata: places_by_stratum(request.strata, &order),
    };
    let first = request.reading.rankings.max(1) as usize;
    let null = null_scores(&weights, &hits, AllZero::Ends, first, &mut source, watch)?;
    let found = sets.statistics(&weights, &null);
    let Some(best) = found.best() else {
        return Ok(Maybe::missing("no set scores above 0"));
    };
    let mut highest = found.highest(&null);
    let enough = rankings_needed(request.tests, request.reading);
    let reached = |highest: &[f64]| highest.iter().filter(|&&nes| nes >= found.sets[best].nes).count();
    while reached(&highest) == 0 && highest.len() < enough {
        let more = first.min(enough - highest.len());
        let null = null_scores(&weights, &hits, AllZero::Ends, more, &mut source, watch)?;
        highest.extend(found.highest(&null));
    }
    let (hits_of_best, rankings) = (reached(&highest), highest.len());
    let counted = (hits_of_best + 1) as f64 / (rankings + 1) as f64;
    let fitted = (hits_of_best == 0 && counted > request.reading.survives / f64::from(request.tests.max(1)))
        .then(|| tail::beyond(&highest, found.sets[best].nes))
        .flatten();
    let multilevel = tails(
        &weights,
        &[(hits[best], found.sets[best].positive)],
        &Multilevel::default(),
        request.reading.seed,
    );
    let of = &found.sets[best];
    let label = SideLabel {
        library: sets.library(best).to_owned(),
        term: sets.term(best).to_owned(),
        es: of.es,
        nes: of.nes,
        p: of.p,
        fdr: of.fdr,
        multilevel_p: multilevel.first().map(|tail| tail.p),
        chance: fitted.unwrap_or(counted),
        hits: hits_of_best as u32,
        rankings: rankings as u32,
        tail_fitted: fitted.is_some(),
        chance_adjusted: 1.0,
        survives: false,
    };
    let null_max = highest.iter().copied().fold(0.0, f64::max);
    let shown = found.by_nes().into_iter().take(SHOWN).map(|i| {
        let of = &found.sets[i];
        let as_high = highest.iter().filter(|&&nes| nes >= of.nes).count();
        SideSet {
            library: sets.library(i).to_owned(),
            term: sets.term(i).to_owned(),
            size: hits[i].len() as u32,
            es: of.es,
            nes: of.nes,
            p: of.p,
            fdr: of.fdr,
            chance: if i == best { label.chance } else { (as_high + 1) as f64 / (rankings + 1) as f64 },
            leading_edge: sets
                .leading_edge(&weights, i, of.es)
                .map(|place| request.symbols[order[place as usize] as usize].clone())
                .collect(),
            hits: hits[i].to_vec(),
        }
    });
    let enrichment = SideEnrichment {
        tested: hits.len() as u32,
        rankings: rankings as u32,
        sets: shown.collect(),
        null_best: bins(&highest, null_max),
        null_max,
    };
    Ok(Maybe::Value(LabelledSide { label, enrichment }))
}

/// So many rankings that one test's smallest chance could survive among all tests, within bounds.
fn rankings_needed(tests: u32, reading: &ReadingParameters) -> usize {
    let needed = (f64::from(tests.max(1)) / reading.survives.max(1e-6)).ceil() as usize;
    needed.clamp(reading.rankings as usize, reading.most_rankings.max(reading.rankings) as usize)
}

/// Places of the ranking that may trade their genes.
fn places_by_stratum(strata: &[u8], order: &[u32]) -> Vec<Vec<u32>> {
    let mut places: Vec<Vec<u32>> = vec![Vec::new(); 256];
    for (place, &gene) in order.iter().enumerate() {
        places[usize::from(strata[gene as usize])].push(place as u32);
    }
    places.retain(|places| places.len() > 1);
    places
}

fn bins(values: &[f64], max: f64) -> Vec<u32> {
    let mut counts = vec![0; NULL_BINS];
    for value in values.iter().filter(|_| max > 0.0) {
        counts[((value / max * NULL_BINS as f64) as usize).min(NULL_BINS - 1)] += 1;
    }
    counts
}
