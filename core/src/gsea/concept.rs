//! The pathways of one concept: GSEA of its whole gene ranking, its label and what chance would earn. The
//! backend writes the result into the bundle, and the page computes it again with this very function.

use super::{
    deck::Deck,
    detail::{EnrichmentDetail, LabelNull, PathwayLabel, SetResult},
    edge::peak,
    indexed::{GeneSetFile, rank_sets},
    label::{AllEarned, LabelRule, RandomRankings, label, label_null, within_strata},
    null::{Cancelled, Watch},
    parameters::EnrichmentParameters,
    prerank::{PrerankOptions, prerank, prerank_with},
};
use crate::{attribution::order_by_score, maybe::Maybe};

/// Sets listed in a bundle.
const SHOWN: usize = 30;
/// Strata of detection rate.
const STRATA: usize = 10;

/// What [`enrich_concept`] needs beside the scores.
#[derive(Clone, Copy, Debug)]
pub struct ConceptEnrichment<'a> {
    /// Gene sets of one library.
    pub sets: &'a GeneSetFile,
    /// Symbols of the genes.
    pub symbols: &'a [String],
    /// Share of cells in which each gene is detected, for the strata of random rankings.
    pub detection: &'a [f32],
    /// Parameters.
    pub parameters: &'a EnrichmentParameters,
    /// Why no chance rate is wanted, where none is.
    pub no_null: Option<&'a str>,
    /// GSEA's permutations of the genes with these parameters ([`super::deck`]), where they were made before.
    pub deck: Option<&'a Deck>,
}

/// GSEA of one concept's attribution scores (`[genes]`) in one library.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use cellprism_core::gsea::{ConceptEnrichment, EnrichmentParameters, GeneSets, enrich_concept, index_sets};
///
/// let symbols: Vec<String> = (0..100).map(|gene| format!("G{gene}")).collect();
/// let scores: Vec<f32> = (0..100).map(|gene| 1.0 / (gene + 1) as f32).collect();
/// let library = GeneSets::parse(b"first genes\t\tG0\tG1\tG2\tG3\nlast genes\t\tG97\tG98\tG99\n")?;
/// let sets = index_sets("example", "made up", &library, &symbols);
/// let parameters = EnrichmentParameters { min_size: 3, ..EnrichmentParameters::default() };
/// let request = ConceptEnrichment {
///     sets: &sets,
///     symbols: &symbols,
///     detection: &[0.5; 100],
///     parameters: &parameters,
///     no_null: None,
///     deck: None,
/// };
/// let found = enrich_concept(&scores, request, &mut |_| ControlFlow::Continue(()))?;
/// assert_eq!((found.tested, found.sets[0].term.as_str()), (2, "first genes"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If `watch` says to stop.
pub fn enrich_concept(
    scores: &[f32],
    request: ConceptEnrichment<'_>,
    watch: Watch<'_>,
) -> Result<EnrichmentDetail, Cancelled> {
    Ok(enrich_one(scores, request, None, watch)?.0)
}

/// The random rankings of some scores, made once for several libraries.
pub(super) fn random_rankings(scores: &[f32], request: ConceptEnrichment<'_>) -> Deck {
    let strata = strata(request.detection, &order_by_score(scores));
    let (rankings, seed) = draws(request.parameters);
    Deck::new(scores.len(), rankings, &mut within_strata(&strata, seed))
}

/// How many random rankings, and their seed.
fn draws(parameters: &EnrichmentParameters) -> (usize, u64) {
    (parameters.null_rankings as usize, parameters.seed ^ 0x6e75_6c6c)
}

/// The same with the labels of random rankings, where there are such; `random` are those rankings where they were made
/// before.
pub(super) fn enrich_one(
    scores: &[f32],
    request: ConceptEnrichment<'_>,
    random: Option<&Deck>,
    watch: Watch<'_>,
) -> Result<(EnrichmentDetail, Option<AllEarned>), Cancelled> {
    let parameters = request.parameters;
    let order = order_by_score(scores);
    let ranked = rank_sets(request.sets, &order, parameters.min_size as usize, parameters.max_size as usize);
    let sorted: Vec<f64> = order.iter().map(|&gene| f64::from(scores[gene as usize])).collect();
    let options = PrerankOptions {
        permutations: parameters.permutations as usize,
        seed: parameters.seed,
        weight: parameters.weight,
    };
    let mut detail = EnrichmentDetail {
        library: request.sets.library.clone(),
        tested: ranked.sets.len() as u32,
        too_small: ranked.too_small as u32,
        too_large: ranked.too_large as u32,
        genes_in_no_set: ranked.genes_in_no_set as u32,
        genes: scores.len() as u32,
        sets: Vec::new(),
        label: Maybe::missing("no set of the library has enough genes of the model"),
        null: Maybe::missing("no set of the library has enough genes of the model"),
    };
    if ranked.sets.is_empty() {
        return Ok((detail, None));
    }
    if scores.iter().all(|&score| score == 0.0) {
        detail.label = Maybe::missing("no gene changes this concept: every score is 0");
        detail.null = detail.label.clone_reason();
        return Ok((detail, None));
    }
    let result = match request.deck {
        Some(deck) => prerank_with(deck, &sorted, &ranked.sets, options.weight),
        None => prerank(&sorted, &ranked.sets, &options, watch)?,
    };
    let rule = LabelRule::of(parameters);
    let null = match request.no_null {
        Some(_) => None,
        None => {
            let random = match random {
                Some(random) => RandomRankings::Made(random),
                None => RandomRankings::Drawn {
                    strata: &strata(request.detection, &order),
                    draws: draws(parameters),
                },
            };
            Some(label_null(&sorted, parameters.weight, &ranked.sets, &result, random, rule, watch)?)
        }
    };
    // Where no permutation scores above 0 there is no normalised score, and JSON has no word for that.
    let has_scores = |&i: &usize| result.sets[i].es.is_finite() && result.sets[i].nes.is_finite();
    let mut by_score: Vec<usize> = (0..result.sets.len()).filter(has_scores).collect();
    by_score.sort_by(|&a, &b| result.sets[b].es.total_cmp(&result.sets[a].es).then(a.cmp(&b)));
    let name = |place: u32| request.symbols[order[place as usize] as usize].clone();
    let weights = super::prerank::weights(&sorted, parameters.weight);
    detail.sets = by_score
        .iter()
        .take(SHOWN)
        .map(|&i| {
            let (set, s) = (&ranked.sets[i], &result.sets[i]);
            let edge = peak(&weights, &set.hits, s.es).leading_edge;
            SetResult {
                term: set.term.clone(),
                size: set.size as u32,
                es: s.es,
                nes: s.nes,
                p: s.p,
                fdr: s.fdr,
                // Where no permutation has the set's sign, none can be compared.
                fwer: if s.fwer.is_finite() { s.fwer } else { 1.0 },
                leading_edge: edge.into_iter().map(name).collect(),
                hits: set.hits.clone(),
                chance: null.as_ref().map(|n| n.set_chance[i]),
            }
        })
        .collect();
    detail.label = match label(&result, rule) {
        None => Maybe::missing(format!("no set reaches {}", parameters.weak_limit())),
        Some((i, strength)) => {
            let s = &result.sets[i];
            Maybe::Value(PathwayLabel {
                library: request.sets.library.clone(),
                term: ranked.sets[i].term.clone(),
                strength,
                es: s.es,
                nes: s.nes,
                p: s.p,
                fdr: s.fdr,
            })
        }
    };
    detail.null = match (&null, request.no_null) {
        (Some(outcome), _) => Maybe::Value(LabelNull {
            rankings: parameters.null_rankings,
            method: format!(
                "the concept's scores dealt again among genes of the same detection rate, {STRATA} strata"
            ),
            as_good: outcome.as_good,
            any: outcome.any,
            best_es: bins(outcome.earned.iter().flatten().map(|earned| earned.es)),
        }),
        (None, reason) => Maybe::missing(reason.unwrap_or("not computed")),
    };
    Ok((detail, null.map(|null| null.earned)))
}

/// Stratum of the gene at each place of the ranking: equal shares of the genes by detection rate.
fn strata(detection: &[f32], order: &[u32]) -> Vec<u8> {
    let mut by_rate: Vec<usize> = (0..detection.len()).collect();
    by_rate.sort_by(|&a, &b| detection[a].total_cmp(&detection[b]).then(a.cmp(&b)));
    let mut stratum = vec![0u8; detection.len()];
    for (i, &gene) in by_rate.iter().enumerate() {
        stratum[gene] = (i * STRATA / detection.len().max(1)) as u8;
    }
    order.iter().map(|&gene| stratum[gene as usize]).collect()
}

/// 20 equal bins from 0 to 1.
fn bins(scores: impl Iterator<Item = f64>) -> Vec<u32> {
    let mut counts = vec![0; 20];
    for score in scores {
        counts[((score * 20.0) as usize).min(19)] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::ids::GeneId;

    #[test]
    fn sets_without_scores_and_without_comparison_can_be_read_again() {
        let scores: Vec<f32> = (0..100u8).map(|i| f32::from(30u8.saturating_sub(i))).collect();
        let symbols: Vec<String> = (0..100).map(|i| format!("g{i}")).collect();
        let genes = |range: std::ops::Range<u32>| range.map(GeneId).collect::<Vec<_>>();
        let sets = GeneSetFile {
            library: "l".into(),
            source: String::new(),
            sets_in_source: 3,
            sets: vec![
                ("top".into(), genes(0..6)),
                ("nothing".into(), genes(60..66)),
                ("last".into(), genes(30..99)),
            ],
        };
        let parameters = EnrichmentParameters { min_size: 2, ..EnrichmentParameters::default() };
        let request = ConceptEnrichment {
            sets: &sets,
            symbols: &symbols,
            detection: &[0.5; 100],
            parameters: &parameters,
            no_null: None,
            deck: None,
        };
        let found = enrich_concept(&scores, request, &mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(found.sets[0].term, "top");
        let text = serde_json::to_string(&found).unwrap();
        assert!(serde_json::from_str::<EnrichmentDetail>(&text).is_ok(), "{text}");
    }
}
