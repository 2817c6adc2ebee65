//! An answer beside the published numbers.

use cellprism_app::task::recompute::{Answer, Sides};
use cellprism_core::{
    attribution::order_by_score,
    bundle::{EnrichmentDetail, Side, SideLabel, SideLabels},
};

use crate::bundle::{Concept, SideArrays};

/// Largest difference of two scores that are called equal: the worker's arithmetic is the backend's.
const SAME: f64 = 1e-6;

/// What differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Largest change of a gene's score, of any ranking.
    pub largest: f64,
    /// Of the ten first genes, as in the paper, how many are the same.
    pub common: usize,
    /// Whether the paper's gene sets agree to the last digit; nothing where these sets are not published.
    pub sets: Option<bool>,
    /// Genes carried by another number of cells.
    pub carried: usize,
    /// Labels of each side that changed: the published one, the new one.
    pub labels: Vec<(Side, String, String)>,
}

impl Comparison {
    /// Compares with the published concept; `published` is its enrichment in the same library.
    pub fn of(concept: &Concept, answer: &Answer, published: Option<&EnrichmentDetail>) -> Self {
        let (before, after) = (order_by_score(&concept.scores), order_by_score(&answer.scores));
        let common =
            before.iter().take(10).filter(|gene| after[..after.len().min(10)].contains(gene)).count();
        let mut found = Self {
            largest: largest(&concept.scores, &answer.scores),
            common,
            sets: published.map(|p| same_sets(p, &answer.enrichment)),
            carried: 0,
            labels: Vec::new(),
        };
        if let Some(sides) = &answer.sides {
            found.add_sides(concept, sides);
        }
        found
    }

    fn add_sides(&mut self, concept: &Concept, sides: &Sides) {
        for side in Side::BOTH {
            let (old, new) = (concept.side(side), arrays(sides, side));
            self.largest = self.largest.max(largest(&old.scores, &new.scores));
            self.largest = self.largest.max(largest(&old.typical, &new.typical));
            self.carried += old.carried_by.iter().zip(&new.carried_by).filter(|(a, b)| a != b).count();
            let (old, new) = (concept.detail.labels.of(side), sides.labels.of(side));
            if !old.zip(new).map_or(old.is_none() && new.is_none(), |(old, new)| same_label(old, new)) {
                let name =
                    |label: Option<&SideLabel>| label.map_or_else(|| "none".into(), |l| l.term.clone());
                self.labels.push((side, name(old), name(new)));
            }
        }
    }

    /// Whether nothing differs.
    pub fn same(&self) -> bool {
        self.largest <= SAME && self.sets == Some(true) && self.carried == 0 && self.labels.is_empty()
    }
}

/// One side of an answer as the bundle keeps it.
pub fn arrays(sides: &Sides, side: Side) -> SideArrays {
    let (scores, typical, carried_by) = match side {
        Side::Presence => {
            (&sides.scores_presence, &sides.scores_typical_presence, &sides.carried_by_presence)
        }
        Side::Absence => (&sides.scores_absence, &sides.scores_typical_absence, &sides.carried_by_absence),
    };
    SideArrays { scores: scores.clone(), typical: typical.clone(), carried_by: carried_by.clone() }
}

/// Chances of all other labels of the bundle, with which a new one of this concept and side is settled.
pub fn other_chances<'a>(rows: impl Iterator<Item = (bool, &'a SideLabels)>, side: Side) -> Vec<f64> {
    let labels = rows.flat_map(|(own, labels)| {
        Side::BOTH.into_iter().filter(move |&of| !(own && of == side)).filter_map(|of| labels.of(of))
    });
    labels.map(|label| label.chance).collect()
}

fn largest(a: &[f32], b: &[f32]) -> f64 {
    if a.len() != b.len() {
        return f64::INFINITY;
    }
    a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max)
}

/// The same set with the same score, and random rankings that do as well as often.
fn same_label(a: &SideLabel, b: &SideLabel) -> bool {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * a.abs().max(b.abs());
    a.term == b.term
        && a.library == b.library
        && (a.hits, a.rankings) == (b.hits, b.rankings)
        && close(a.nes, b.nes)
        && close(a.chance, b.chance)
}

/// Whether two lists hold the same sets with the same numbers, to the last digit.
fn same_sets(a: &EnrichmentDetail, b: &EnrichmentDetail) -> bool {
    let key = |e: &EnrichmentDetail| {
        let sets = e.sets.iter();
        sets.map(|s| (s.term.clone(), s.es.to_bits(), s.nes.to_bits(), s.p.to_bits(), s.fdr.to_bits()))
            .collect::<Vec<_>>()
    };
    key(a) == key(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(term: &str, chance: f64) -> SideLabel {
        serde_json::from_value(serde_json::json!({
            "library": "GO", "term": term, "es": 0.5, "nes": 1.5, "p": 0.1, "fdr": 0.2, "chance": chance, "hits": 9,
            "rankings": 1000, "chance_adjusted": 1.0, "survives": false
        }))
        .unwrap()
    }

    #[test]
    fn another_label_or_chance_is_a_difference() {
        assert!(same_label(&label("a", 0.01), &label("a", 0.01)));
        assert!(!same_label(&label("a", 0.01), &label("b", 0.01)));
        assert!(!same_label(&label("a", 0.01), &label("a", 0.02)));
        assert_eq!(largest(&[1.0, 2.0], &[1.5, 2.0]), 0.5);
        assert_eq!(largest(&[1.0], &[]), f64::INFINITY);
    }

    #[test]
    fn a_new_label_is_held_against_all_others() {
        let both = |a, b| SideLabels { presence: Some(label("a", a)), absence: Some(label("b", b)) };
        let rows = [both(0.1, 0.2), both(0.3, 0.4)];
        let rows = || rows.iter().enumerate().map(|(i, labels)| (i == 1, labels));
        assert_eq!(other_chances(rows(), Side::Presence), [0.1, 0.2, 0.4]);
        assert_eq!(other_chances(rows(), Side::Absence), [0.1, 0.2, 0.3]);
    }
}
