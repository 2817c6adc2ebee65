//! What steering found: as a table, as JSON, in a few words.

use cellprism_core::{
    ids::ConceptId,
    steering::{Steered, Target},
};
use serde_json::{Value, json};

use super::{
    CellsLike,
    scores::{Agreement, Scores},
};
use crate::cli::enrich::quoted;

/// Genes named in JSON.
const NAMED: usize = 20;

/// Everything that is told.
pub struct Report<'a> {
    pub concept: ConceptId,
    pub target: Target,
    pub cells_like: CellsLike,
    /// Activation of each cell before.
    pub old: Vec<f32>,
    /// What the autoencoder reads after, once other concepts have competed for their places.
    pub read_again: Vec<f32>,
    pub genes: &'a [String],
    pub steered: Steered,
    pub scores: Option<Scores>,
}

fn mean(values: impl ExactSizeIterator<Item = f32>) -> f64 {
    let n = values.len().max(1) as f64;
    values.map(f64::from).sum::<f64>() / n
}

impl Report<'_> {
    fn new_mean(&self) -> f64 {
        mean(self.old.iter().map(|&old| self.target.of(old)))
    }

    /// −1 where the concept is lowered, so that scores and changes are compared in one direction.
    fn sign(&self) -> f64 {
        let lowered = self.new_mean() < mean(self.old.iter().copied());
        if lowered { -1.0 } else { 1.0 }
    }

    /// One line a gene, largest change first.
    pub fn table(&self) -> String {
        let mut out = String::from("gene,log2_ratio,difference,before,after");
        out += if self.scores.is_some() { ",attribution\n" } else { "\n" };
        for gene in self.steered.by_change() {
            let found = &self.steered;
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
        let found = &self.steered;
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
            let Agreement { genes, log2_ratio, difference } = scores.agreement(found, self.sign(), scored);
            json!({"genes": genes, "log2_ratio": log2_ratio, "difference": difference})
        };
        json!({
            "concept": self.concept.0,
            "target": match self.target {
                Target::To(value) => json!({"to": value}),
                Target::Scale(factor) => json!({"scale": factor}),
            },
            "cells": found.cells,
            "cells_like": match self.cells_like { CellsLike::Prototypes => "prototypes", CellsLike::All => "all" },
            "activation": {
                "before": mean(self.old.iter().copied()), "after": self.new_mean(),
                "read_again": mean(self.read_again.iter().copied()),
            },
            "genes": genes,
            "spearman_with_attribution": self.scores.as_ref().map(|scores| json!({
                "direction": "towards more activation",
                "all": agreement(scores, false),
                "scored": agreement(scores, true),
            })),
        })
    }

    /// A few lines for people.
    pub fn in_words(&self) -> String {
        let found = &self.steered;
        let mut out = format!(
            "concept {} in {} cells: mean activation {:.3} -> {:.3} (read again from the moved latents: {:.3})\n",
            self.concept.0,
            found.cells,
            mean(self.old.iter().copied()),
            self.new_mean(),
            mean(self.read_again.iter().copied())
        );
        for gene in found.by_change().into_iter().take(10) {
            out += &format!(
                "  {:<16} log2 ratio {:+.3}, expected count {:.3} -> {:.3}\n",
                self.genes[gene], found.log2_ratio[gene], found.before[gene], found.after[gene]
            );
        }
        if let Some(scores) = &self.scores {
            let said = |value: Option<f64>| value.map_or("none".into(), |value| format!("{value:.3}"));
            let (all, scored) =
                (scores.agreement(found, self.sign(), false), scores.agreement(found, self.sign(), true));
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
