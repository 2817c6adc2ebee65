//! The label of one side of a concept, and how often chance does as well: the best set over all libraries is held against
//! the best sets of rankings in which the side's scores are dealt again among genes of the same mean count. Where typical
//! inactive cells were compared, too, the set must stand out in both contrasts: what only the nearest cells show tells
//! neighbours apart, what both show is the concept.

use super::contrast::Contrast;
use crate::{
    bundle::{
        EnrichmentParameters, GeneSetFile, Maybe, ReadingParameters, Side, SideEnrichment, SideLabel, SideSet,
    },
    gsea::{Cancelled, Deck, Multilevel, Watch, tails},
};

/// Sets listed for a side.
const SHOWN: usize = 20;
/// Bins of the best scores of random rankings.
const NULL_BINS: usize = 20;

/// Scores of one contrast, `[genes]`, with the strata of the genes.
#[derive(Clone, Copy, Debug)]
pub struct SideScores<'a> {
    /// Scores.
    pub scores: &'a [f32],
    /// Genes with the same number may trade scores.
    pub strata: &'a [u8],
}

/// What [`label_side`] needs beside the scores.
#[derive(Clone, Copy)]
pub struct SideRequest<'a> {
    /// Libraries.
    pub sets: &'a [GeneSetFile],
    /// Symbols of the genes.
    pub symbols: &'a [String],
    /// Sizes of sets and the weight of scores.
    pub enrichment: &'a EnrichmentParameters,
    /// GSEA's permutations of the genes.
    pub deck: &'a Deck,
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

/// Labels one side from its scores against the nearest inactive cells, and against typical ones where there are such; or
/// says why it cannot be labelled.
///
/// # Errors
/// If `watch` says to stop.
pub fn label_side(
    nearest: SideScores<'_>,
    typical: Option<SideScores<'_>>,
    side: Side,
    request: SideRequest<'_>,
    watch: Watch<'_>,
) -> Result<Maybe<LabelledSide>, Cancelled> {
    if request.sets.is_empty() {
        return Ok(Maybe::missing("no gene sets were given"));
    }
    if !nearest.scores.iter().any(|&score| score > 0.0) {
        return Ok(Maybe::missing(match side {
            Side::Presence => "no gene that its cells have more of drives it",
            Side::Absence => "no gene that its cells have less of drives it",
        }));
    }
    let SideRequest { reading, tests, .. } = request;
    let Some(contrast) = rank(nearest, request) else {
        return Ok(Maybe::missing("no set of any library has enough genes of the model"));
    };
    let Some(best) = contrast.found.best() else {
        return Ok(Maybe::missing("no set scores above 0"));
    };
    let seed = reading.seed ^ (side as u64 + 1);
    let (mut chance, highest) = contrast.chance_of(best, seed, tests, reading, watch)?;
    let in_nearest = chance.chance;
    let mut typical_chance = None;
    // A chance beyond the rate cannot survive, whatever the other contrast says.
    if let Some(typical) = typical.filter(|_| chance.chance <= reading.survives) {
        // The sets are the same ones in the same order.
        let other = rank(typical, request).filter(|other| other.found.sets[best].nes > 0.0);
        let found = match other {
            Some(other) => Some(other.chance_of(best, seed ^ TYPICAL, tests, reading, watch)?.0),
            None => None,
        };
        typical_chance = Some(found.map_or(1.0, |found| found.chance));
        match found {
            Some(found) if found.chance > chance.chance => chance = found,
            Some(_) => {}
            None => chance.chance = 1.0,
        }
    }
    let of = contrast.found.sets[best];
    let hits = contrast.sets.hits();
    let multilevel =
        tails(&contrast.weights, &[(hits[best], of.positive)], &Multilevel::default(), reading.seed);
    let label = SideLabel {
        library: contrast.sets.library(best).to_owned(),
        term: contrast.sets.term(best).to_owned(),
        es: of.es,
        nes: of.nes,
        p: of.p,
        fdr: of.fdr,
        multilevel_p: multilevel.first().map(|tail| tail.p),
        chance: chance.chance,
        typical_chance,
        hits: chance.hits,
        rankings: chance.rankings,
        tail_fitted: chance.tail_fitted,
        chance_adjusted: 1.0,
        survives: false,
    };
    let enrichment = enrichment(&contrast, &highest, (best, in_nearest), request.symbols);
    Ok(Maybe::Value(LabelledSide { label, enrichment }))
}

fn rank<'a>(of: SideScores<'a>, request: SideRequest<'a>) -> Option<Contrast<'a>> {
    Contrast::rank(of.scores, of.strata, request.sets, request.enrichment, request.deck)
}

/// Told apart from the seed of the nearest contrast.
const TYPICAL: u64 = 0x7479_7069_6361_6c00;

fn enrichment(
    contrast: &Contrast<'_>,
    highest: &[f64],
    (best, chance): (usize, f64),
    symbols: &[String],
) -> SideEnrichment {
    let (sets, rankings) = (&contrast.sets, highest.len());
    let hits = sets.hits();
    let name = |place: u32| symbols[contrast.order[place as usize] as usize].clone();
    let shown = contrast.found.by_nes().into_iter().take(SHOWN).map(|i| {
        let of = &contrast.found.sets[i];
        let as_high = highest.iter().filter(|&&nes| nes >= of.nes).count();
        SideSet {
            library: sets.library(i).to_owned(),
            term: sets.term(i).to_owned(),
            size: hits[i].len() as u32,
            es: of.es,
            nes: of.nes,
            p: of.p,
            fdr: of.fdr,
            chance: if i == best { chance } else { (as_high + 1) as f64 / (rankings + 1) as f64 },
            leading_edge: sets.leading_edge(&contrast.weights, i, of.es).map(name).collect(),
            hits: hits[i].to_vec(),
        }
    });
    let null_max = highest.iter().copied().fold(0.0, f64::max);
    SideEnrichment {
        tested: hits.len() as u32,
        rankings: rankings as u32,
        sets: shown.collect(),
        null_best: bins(highest, null_max),
        null_max,
    }
}

fn bins(values: &[f64], max: f64) -> Vec<u32> {
    let mut counts = vec![0; NULL_BINS];
    for value in values.iter().filter(|_| max > 0.0) {
        counts[((value / max * NULL_BINS as f64) as usize).min(NULL_BINS - 1)] += 1;
    }
    counts
}
