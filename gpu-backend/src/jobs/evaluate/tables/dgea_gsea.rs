//! Pathways of genes ranked by attribution beside those of genes ranked by fold change (Table 6).
//!
//! Both rankings go through the bundle's own enrichment. Fold changes count where their p is at most 5e-3, as in the paper's
//! deletion curves; others are 0, since a gene that no cell of one side counts has a fold change of 2³⁰ by scanpy's definition.

use std::collections::BTreeSet;

use cellprism_core::{
    attribution::order_by_score,
    bundle::{ConceptArrays, ConceptClass, ConceptDetail, path},
    evaluation::Spread,
    gsea::{Deck, GeneSetFile, PrerankOptions, deck, prerank_with, rank_sets},
    ids::ConceptId,
    parallel,
};

use crate::jobs::evaluate::{Evaluation, Evidence, Table, Value};

/// Concepts compared, as in the paper: the first that are alive.
const CONCEPTS: usize = 100;
/// Largest p of a fold change.
const FOLD_CHANGE_P: f32 = 5e-3;

/// Sets found by one ranking.
#[derive(Clone, Debug, Default, PartialEq)]
struct Processes {
    /// Library and place of each set.
    sets: BTreeSet<(usize, usize)>,
    /// Their genes.
    genes: BTreeSet<u32>,
}

/// Both rankings of one concept.
struct Compared {
    attribution: Processes,
    dgea: Processes,
    scores: Vec<f32>,
    changes: Vec<f32>,
}

/// The table.
pub fn tables(evaluation: &Evaluation<'_>) -> anyhow::Result<Vec<Table>> {
    let columns = ["bundle", "row", "attribution_mean", "attribution_sd", "dgea_mean", "dgea_sd", "n"];
    let title = "Pathways by attribution and by differential expression";
    let mut table = Table::new("dgea_gsea", title, "Table 6", &columns);
    for evidence in &evaluation.bundles {
        match compared(evidence, evaluation) {
            Ok(found) => rows(&mut table, &evidence.name, &found),
            Err(Missing::Reason(reason)) => {
                for row in ROWS {
                    table.nothing([(&evidence.name).into(), row.into()], &reason);
                }
            }
            Err(Missing::Damaged(error)) => return Err(error),
        }
    }
    Ok(vec![table])
}

const ROWS: [&str; 5] =
    ["max_abs_log2_fold_change", "max_attribution", "enriched", "iou_genes", "iou_processes"];

/// Why a bundle has no such table.
enum Missing {
    Reason(String),
    Damaged(anyhow::Error),
}

fn compared(evidence: &Evidence, evaluation: &Evaluation<'_>) -> Result<Vec<Compared>, Missing> {
    if evidence.sets.is_empty() {
        return Err(Missing::Reason("the bundle was made without gene sets".into()));
    }
    let alive = evidence.concepts.rows.iter().filter(|row| row.class != ConceptClass::Dead).map(|row| row.id);
    let mut arrays: Vec<ConceptArrays> = Vec::new();
    for id in alive {
        if arrays.len() == CONCEPTS {
            break;
        }
        arrays.extend(tested(evidence, id).map_err(Missing::Damaged)?);
    }
    if arrays.is_empty() {
        let reason = "no concept has genes scored both by attribution and by differential expression";
        return Err(Missing::Reason(reason.into()));
    }
    let parameters = &evidence.manifest().parameters.enrichment;
    let options = PrerankOptions {
        permutations: parameters.permutations as usize,
        seed: parameters.seed,
        weight: parameters.weight,
    };
    let deck = deck(evidence.genes.symbols.len(), &options);
    let steps = evaluation.progress.begin("pathways by fold change", arrays.len() as u64, "concepts");
    let found = parallel::map(arrays.len(), |place| {
        let (scores, changes) = (arrays[place].scores.clone(), significant(&arrays[place]));
        let one = |scores: &[f32]| processes(evidence, &deck, scores);
        let compared = Compared { attribution: one(&scores), dgea: one(&changes), scores, changes };
        steps.advance(1);
        compared
    });
    steps.finish();
    Ok(found)
}

/// The arrays of a concept whose genes were scored both ways.
fn tested(evidence: &Evidence, id: ConceptId) -> anyhow::Result<Option<ConceptArrays>> {
    let detail: ConceptDetail = evidence.detail(path::CONCEPTS, id)?;
    if detail.attribution.value().is_none() {
        return Ok(None);
    }
    let arrays = evidence.arrays(path::CONCEPTS, id)?;
    let genes = evidence.genes.symbols.len();
    Ok((arrays.scores.len() == genes && arrays.log2_fold_change.len() == genes).then_some(arrays))
}

/// Fold changes of small p; 0 elsewhere.
fn significant(arrays: &ConceptArrays) -> Vec<f32> {
    let change =
        |(&change, &p): (&f32, &f32)| if p <= FOLD_CHANGE_P && change.is_finite() { change } else { 0.0 };
    arrays.log2_fold_change.iter().zip(&arrays.p_value).map(change).collect()
}

/// Sets with a positive score and a p at most the weak limit; a set whose genes all score 0 says nothing.
fn processes(evidence: &Evidence, deck: &Deck, scores: &[f32]) -> Processes {
    let parameters = &evidence.manifest().parameters.enrichment;
    let order = order_by_score(scores);
    let sorted: Vec<f64> = order.iter().map(|&gene| f64::from(scores[gene as usize])).collect();
    let mut found = Processes::default();
    for (library, file) in evidence.sets.iter().enumerate() {
        let ranked = rank_sets(file, &order, parameters.min_size as usize, parameters.max_size as usize);
        let result = prerank_with(deck, &sorted, &ranked.sets, parameters.weight);
        for (set, statistics) in ranked.sets.iter().zip(&result.sets) {
            let scored = set.hits.iter().any(|&hit| sorted[hit as usize] != 0.0);
            if scored && statistics.es > 0.0 && statistics.p <= parameters.weak_p {
                found.sets.insert((library, place_of(file, &set.term)));
                found.genes.extend(set.hits.iter().map(|&hit| order[hit as usize]));
            }
        }
    }
    found
}

fn place_of(file: &GeneSetFile, term: &str) -> usize {
    file.sets.iter().position(|(known, _)| known == term).unwrap_or(file.sets.len())
}

fn rows(table: &mut Table, bundle: &str, found: &[Compared]) {
    // As in the paper: only concepts for which both rankings find a set.
    let both: Vec<&Compared> =
        found.iter().filter(|of| !of.attribution.sets.is_empty() && !of.dgea.sets.is_empty()).collect();
    let most = |processes: &Processes, values: &[f32], size: fn(f32) -> f32| {
        let sizes = processes.genes.iter().map(|&gene| f64::from(size(values[gene as usize])));
        sizes.fold(f64::NEG_INFINITY, f64::max)
    };
    let none = "no concept for which both rankings find a set";
    let mut pair = |row: &str, value: &dyn Fn(&Compared, &Processes) -> f64| {
        let spread = |side: fn(&Compared) -> &Processes| {
            Spread::of(&both.iter().map(|of| value(of, side(of))).collect::<Vec<_>>())
        };
        let (a, d) = (spread(|of| &of.attribution), spread(|of| &of.dgea));
        let reason = if a.n == 0 { Some(none) } else { (a.n == 1).then_some("one concept has no spread") };
        table.row(
            [bundle.into(), row.into(), a.mean.into(), a.sd.into(), d.mean.into(), d.sd.into(), a.n.into()],
            reason,
        );
    };
    pair(ROWS[0], &|of, side| most(side, &of.changes, f32::abs));
    pair(ROWS[1], &|of, side| most(side, &of.scores, |score| score));
    let enriched =
        |side: fn(&Compared) -> &Processes| found.iter().filter(|of| !side(of).sets.is_empty()).count();
    table.row(
        [
            bundle.into(),
            ROWS[2].into(),
            enriched(|of| &of.attribution).into(),
            Value::Empty,
            enriched(|of| &of.dgea).into(),
            Value::Empty,
            found.len().into(),
        ],
        Some("a number of concepts has no spread"),
    );
    let mut shared = |row: &str, value: fn(&Compared) -> f64| {
        let of = Spread::of(&both.iter().map(|of| value(of)).collect::<Vec<_>>());
        let reason = if of.n == 0 { none } else { "one pair of figures for both rankings" };
        table.row(
            [
                bundle.into(),
                row.into(),
                of.mean.into(),
                of.sd.into(),
                Value::Empty,
                Value::Empty,
                of.n.into(),
            ],
            Some(reason),
        );
    };
    shared(ROWS[3], |of| overlap(&of.attribution.genes, &of.dgea.genes));
    shared(ROWS[4], |of| overlap(&of.attribution.sets, &of.dgea.sets));
}

/// Shared over all.
fn overlap<T: Ord>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> f64 {
    a.intersection(b).count() as f64 / a.union(b).count() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(attribution: &[usize], dgea: &[usize]) -> Compared {
        let processes = |sets: &[usize]| Processes {
            sets: sets.iter().map(|&set| (0, set)).collect(),
            genes: sets.iter().map(|&set| set as u32).collect(),
        };
        Compared {
            attribution: processes(attribution),
            dgea: processes(dgea),
            scores: vec![0.9, 0.2, -0.5],
            changes: vec![0.5, -3.0, 1.0],
        }
    }

    #[test]
    fn only_concepts_with_both_are_averaged() {
        let mut table = Table::new(
            "t",
            "",
            "",
            &["bundle", "row", "attribution_mean", "attribution_sd", "dgea_mean", "dgea_sd", "n"],
        );
        rows(&mut table, "b", &[compared(&[0], &[1]), compared(&[0, 1], &[1]), compared(&[0], &[])]);
        let number = |row, column| table.number(&[("row", row)], column);
        assert_eq!(number("max_abs_log2_fold_change", "attribution_mean"), Some(1.75));
        assert_eq!(number("max_abs_log2_fold_change", "dgea_mean"), Some(3.0));
        assert!((number("max_attribution", "attribution_mean").unwrap() - 0.9).abs() < 1e-6);
        assert_eq!(
            (number("enriched", "attribution_mean"), number("enriched", "dgea_mean")),
            (Some(3.0), Some(2.0))
        );
        assert_eq!(
            (number("iou_processes", "attribution_mean"), number("iou_genes", "n")),
            (Some(0.25), Some(2.0))
        );
    }
}
