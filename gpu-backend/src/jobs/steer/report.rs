//! What steering found: as a table, as JSON, in a few words.

use cellprism_core::{
    ids::ConceptId,
    steering::{Agreement, EXPRESSION_FLOOR, SteeredConcept, Target, mean},
};
use serde_json::{Value, json};

use super::{CellsLike, scores::Scores};
use crate::jobs::enrich::quoted;

/// Genes named in JSON.
const NAMED: usize = 20;

/// Everything that is told.
pub struct Report {
    /// The concept.
    pub concept: ConceptId,
    /// What it was set to.
    pub target: Target,
    /// Which cells were steered.
    pub cells_like: CellsLike,
    /// Genes, in the model's order.
    pub genes: Vec<String>,
    /// How expected expression changes.
    pub steered: SteeredConcept,
    /// Attribution scores of the same concept, where given.
    pub scores: Option<Scores>,
}

impl Report {
    /// One line a gene, largest log2 ratio first, those that are expected in no cell last.
    pub fn table(&self) -> String {
        let mut out = String::from("gene,log2_ratio,difference,before,after");
        out += if self.scores.is_some() { ",attribution\n" } else { "\n" };
        let found = &self.steered.genes;
        for gene in found.by_change() {
            out += &format!(
                "{},{:?},{:?},{:?},{:?}",
                quoted(&self.genes[gene]),
                found.log2_ratio[gene],
                found.difference(gene),
                found.before[gene],
                found.after[gene]
            );
            if let Some(scores) = &self.scores {
                out += &format!(",{:?}", scores.values[gene]);
            }
            out.push('\n');
        }
        out
    }

    /// The same for programs, with the largest changes only.
    pub fn json(&self) -> Value {
        let found = &self.steered.genes;
        let genes: Vec<Value> = found
            .by_change()
            .into_iter()
            .take(NAMED)
            .map(|gene| {
                json!({
                    "gene": self.genes[gene], "log2_ratio": found.log2_ratio[gene],
                    "difference": found.difference(gene), "before": found.before[gene], "after": found.after[gene],
                    "attribution": self.scores.as_ref().map(|scores| scores.values[gene]),
                })
            })
            .collect();
        let agreement = |scores: &Scores, scored: bool| {
            let Agreement { genes, log2_ratio, difference } = self.steered.agreement(&scores.values, scored);
            json!({"genes": genes, "log2_ratio": log2_ratio, "difference": difference})
        };
        json!({
            "concept": self.concept.0,
            "target": self.target,
            "cells": found.cells,
            "cells_like": match self.cells_like { CellsLike::Prototypes => "prototypes", CellsLike::All => "all" },
            "activation": {
                "before": mean(&self.steered.old), "after": mean(&self.steered.new),
                "read_again": mean(&self.steered.read_again),
            },
            "genes": genes,
            "expression_floor": EXPRESSION_FLOOR,
            "spearman_with_attribution": self.scores.as_ref().map(|scores| json!({
                "direction": "towards more activation",
                "all": agreement(scores, false),
                "scored": agreement(scores, true),
            })),
        })
    }

    /// A few lines for people.
    pub fn in_words(&self) -> String {
        let found = &self.steered.genes;
        let mut out = format!(
            "concept {} in {} cells: mean activation {:.3} -> {:.3} (read again from the moved latents: {:.3})\n",
            self.concept.0,
            found.cells,
            mean(&self.steered.old),
            mean(&self.steered.new),
            mean(&self.steered.read_again)
        );
        for gene in found.by_change().into_iter().take(10) {
            out += &format!(
                "  {:<16} log2 ratio {:+.3}, expected count {:.3} -> {:.3} ({:+.3})\n",
                self.genes[gene],
                found.log2_ratio[gene],
                found.before[gene],
                found.after[gene],
                found.difference(gene)
            );
        }
        let unseen = (0..self.genes.len()).filter(|&gene| !found.is_expressed(gene)).count();
        if unseen > 0 {
            out += &format!(
                "  {unseen} genes with expected counts below {EXPRESSION_FLOOR} before and after are listed last\n"
            );
        }
        if let Some(scores) = &self.scores {
            let said = |value: Option<f64>| value.map_or("none".into(), |value| format!("{value:.3}"));
            let (all, scored) =
                (self.steered.agreement(&scores.values, false), self.steered.agreement(&scores.values, true));
            out += &format!(
                "Spearman with attribution, towards more activation: {} with log2 ratios, {} with differences ({} genes); \
                 {} and {} among the {} with a score\n",
                said(all.log2_ratio),
                said(all.difference),
                all.genes,
                said(scored.log2_ratio),
                said(scored.difference),
                scored.genes
            );
        }
        out
    }
}
