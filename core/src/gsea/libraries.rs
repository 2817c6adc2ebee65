//! The label of a concept over several libraries by the paper's rule, and its chance over all of them.

use super::{
    concept::{ConceptEnrichment, enrich_one, random_rankings},
    detail::{EnrichmentDetail, PathwayLabel},
    indexed::GeneSetFile,
    label::{AllEarned, Earned, LabelRule, shares},
    null::{Cancelled, Watch},
};

/// Enrichment of one ranking in several libraries.
#[derive(Clone, Debug)]
pub struct OverLibraries {
    /// One entry a library.
    pub libraries: Vec<EnrichmentDetail>,
    /// The label: of those of the libraries the one that the rule prefers.
    pub label: Option<PathwayLabel>,
    /// Share of random rankings that earn a label at least as good in any library (any label where there is none).
    pub chance: Option<f64>,
    /// Share that earns any label in any library.
    pub any: Option<f64>,
}

/// GSEA of one concept's attribution scores (`[genes]`) in all libraries; `request` is that of each, but for its sets. The
/// random rankings are the same ones in every library, so that the label over all is held against the labels over all.
///
/// # Errors
/// If `watch` says to stop.
pub fn enrich_libraries<'a>(
    scores: &[f32],
    sets: &'a [GeneSetFile],
    request: impl Fn(&'a GeneSetFile) -> ConceptEnrichment<'a>,
    watch: Watch<'_>,
) -> Result<OverLibraries, Cancelled> {
    let mut found = OverLibraries { libraries: Vec::new(), label: None, chance: None, any: None };
    let mut earned: Option<AllEarned> = None;
    let mut rule = None;
    // The same rankings for every library: where there are several, they are made once.
    let first = sets.first().filter(|_| sets.len() > 1).map(&request);
    let random = first
        .filter(|first| first.no_null.is_none() && first.deck.is_some())
        .map(|first| random_rankings(scores, first));
    for sets in sets {
        let request = request(sets);
        let rule = *rule.get_or_insert(LabelRule::of(request.parameters));
        let (detail, random) = enrich_one(scores, request, random.as_ref(), watch)?;
        if let Some(label) = detail.label.value()
            && found.label.as_ref().is_none_or(|best| rule.merit_of(label) > rule.merit_of(best))
        {
            found.label = Some(label.clone());
        }
        if let Some(random) = random {
            match &mut earned {
                None => earned = Some(random),
                Some(best) => best.iter_mut().zip(random).for_each(|(best, other)| take_better(best, other)),
            }
        }
        found.libraries.push(detail);
    }
    if let (Some(earned), Some(rule)) = (earned, rule) {
        let published = found.label.as_ref().map(|label| Earned {
            es: label.es,
            merit: rule.merit_of(label),
            strength: label.strength,
        });
        let (as_good, any) = shares(&earned, published);
        (found.chance, found.any) = (Some(as_good), Some(any));
    }
    Ok(found)
}

fn take_better(best: &mut Option<Earned>, other: Option<Earned>) {
    if let Some(other) = other
        && best.is_none_or(|best| other.merit > best.merit)
    {
        *best = Some(other);
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::{
        gsea::{EnrichmentParameters, LabelChoice, PrerankOptions, deck, enrich_concept},
        ids::GeneId,
    };

    fn library(name: &str, sets: &[(&str, Vec<u32>)]) -> GeneSetFile {
        GeneSetFile {
            library: name.into(),
            source: String::new(),
            sets_in_source: sets.len() as u32,
            sets: sets
                .iter()
                .map(|(term, genes)| ((*term).into(), genes.iter().map(|&gene| GeneId(gene)).collect()))
                .collect(),
        }
    }

    #[test]
    fn the_rule_chooses_among_libraries_and_chance_counts_them_all() {
        let scores: Vec<f32> = (0..200).map(|i| ((200 - i) as f32 / 200.0).powi(3)).collect();
        let symbols: Vec<String> = (0..200).map(|i| format!("g{i}")).collect();
        let detection = vec![0.5; 200];
        // A small set at the very top has the higher ES, a large one near the top the higher NES.
        let small = library("small", &[("top", vec![0, 1, 2]), ("rest", (50..60).collect())]);
        let large = library("large", &[("many", (0..40).collect()), ("others", (90..140).collect())]);
        let sets = [small, large];
        let label_by = |label| {
            let parameters =
                EnrichmentParameters { label, min_size: 2, weak_p: 0.01, ..EnrichmentParameters::default() };
            let request = |sets| ConceptEnrichment {
                sets,
                symbols: &symbols,
                detection: &detection,
                parameters: &parameters,
                no_null: None,
                deck: None,
            };
            let go_on = &mut |_| ControlFlow::Continue(());
            let found = enrich_libraries(&scores, &sets, request, go_on).unwrap();
            let alone = enrich_concept(&scores, request(&sets[0]), go_on).unwrap();
            let alone = alone.null.value().unwrap().any;
            assert!(
                found.any.unwrap() >= alone,
                "two libraries earn labels no less often: {:?} {alone}",
                found.any
            );
            let one = enrich_libraries(&scores, &sets[..1], request, go_on).unwrap();
            assert_eq!(one.any, Some(alone), "one library as before");
            let options = PrerankOptions {
                permutations: parameters.permutations as usize,
                seed: parameters.seed,
                weight: parameters.weight,
            };
            let made = deck(200, &options);
            let request = |sets| ConceptEnrichment { deck: Some(&made), ..request(sets) };
            let again = enrich_libraries(&scores, &sets, request, go_on).unwrap();
            assert_eq!(format!("{again:?}"), format!("{found:?}"), "permutations made before change nothing");
            found.label.unwrap().term
        };
        assert_eq!(label_by(LabelChoice::Es), "top");
        assert_eq!(label_by(LabelChoice::Nes), "many");
    }
}
