//! `--chance`: for each of many rankings the best set of all, and how often rankings in which the scores are dealt again
//! among genes of the same mean count have one as good; adjusted over all rankings, as labels of concepts are.

use std::ops::ControlFlow;

use anyhow::{Context, ensure};
use cellprism_core::{
    bundle::{
        EnrichmentParameters, GeneSetFile, Maybe, ReadingParameters, Side, SideLabel, SideLabels, Tensors,
    },
    gsea::{Deck, Matched},
    ids::GeneId,
    readings::{SideRequest, SideScores, label_side, settle, strata_by_mean},
};
use rayon::prelude::*;

use super::Options;
use crate::work::progress::Progress;

/// What the rankings are labelled with.
pub(super) struct Labelling<'a> {
    sets: GeneSetFile,
    symbols: &'a [String],
    deck: &'a Deck,
    enrichment: EnrichmentParameters,
    reading: ReadingParameters,
}

/// Mean counts of the genes, `[rankings, genes]`, `[genes]`, or nothing: then all genes with a score may trade.
pub(super) struct MeanCounts<'a> {
    values: &'a [f32],
    genes: usize,
}

impl<'a> MeanCounts<'a> {
    /// # Errors
    /// If they fit neither every ranking nor all of them.
    pub(super) fn new(values: &'a [f32], rankings: usize, genes: usize) -> anyhow::Result<Self> {
        let fits = [0, genes, rankings * genes].contains(&values.len());
        ensure!(
            fits,
            "tensor \"mean_counts\" has {} values, expected {genes} or {rankings} × {genes}",
            values.len()
        );
        Ok(Self { values, genes })
    }

    fn strata(&self, ranking: usize, scores: &[f32]) -> Vec<u8> {
        let of = |values: &[f32]| strata_by_mean(&values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>());
        if self.values.is_empty() {
            return scores.iter().map(|&score| u8::from(score != 0.0)).collect();
        }
        let start = if self.values.len() == self.genes { 0 } else { ranking * self.genes };
        of(&self.values[start..start + self.genes])
    }
}

impl<'a> Labelling<'a> {
    /// `matched` holds the sets as places in the list of genes.
    pub(super) fn new(options: &Options, matched: &Matched, symbols: &'a [String], deck: &'a Deck) -> Self {
        let genes = |hits: &[u32]| hits.iter().map(|&hit| GeneId(hit)).collect();
        let sets = matched.sets.iter().map(|set| (set.term.clone(), genes(&set.hits))).collect();
        Self {
            sets: GeneSetFile {
                library: String::new(),
                source: String::new(),
                sets_in_source: matched.sets.len() as u32,
                sets,
            },
            symbols,
            deck,
            // Sizes were asked for when the sets were matched.
            enrichment: EnrichmentParameters {
                permutations: options.permutations,
                weight: options.weight,
                min_size: 1,
                max_size: u32::MAX,
                ..EnrichmentParameters::default()
            },
            reading: ReadingParameters { seed: options.seed, ..ReadingParameters::default() },
        }
    }

    /// Labels all rankings `[rankings][genes]` and adds the result to the file.
    ///
    /// # Errors
    /// If the work is stopped.
    pub(super) fn add(
        &self,
        rankings: &[&[f32]],
        counts: &MeanCounts<'_>,
        file: &mut Tensors,
        progress: &dyn Progress,
    ) -> anyhow::Result<()> {
        let steps = progress.begin("chance", rankings.len() as u64, "rankings");
        let mut labels = rankings
            .par_iter()
            .enumerate()
            .map(|(i, scores)| -> anyhow::Result<SideLabels> {
                let strata = counts.strata(i, scores);
                let request = SideRequest {
                    sets: std::slice::from_ref(&self.sets),
                    symbols: self.symbols,
                    enrichment: &self.enrichment,
                    deck: self.deck,
                    reading: &self.reading,
                    tests: rankings.len() as u32,
                };
                let scores = SideScores { scores, strata: &strata };
                let found =
                    label_side(scores, None, Side::Presence, request, &mut |_| ControlFlow::Continue(()))
                        .context("labelling")?;
                steps.advance(1);
                Ok(match found {
                    Maybe::Value(found) => SideLabels { presence: Some(found.label), absence: None },
                    Maybe::Missing { .. } => SideLabels::default(),
                })
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        steps.finish();
        settle(&mut labels, self.reading.survives);
        let place = |label: &SideLabel| self.sets.sets.iter().position(|(term, _)| *term == label.term);
        let all = || labels.iter().map(|labels| labels.presence.as_ref());
        let n = [labels.len()];
        file.u32("best", &n, all().map(|label| label.and_then(place).map_or(u32::MAX, |set| set as u32)));
        file.f64("chance", &n, all().map(|label| label.map_or(1.0, |label| label.chance)));
        file.f64("chance_adjusted", &n, all().map(|label| label.map_or(1.0, |label| label.chance_adjusted)));
        file.u32("survives", &n, all().map(|label| u32::from(label.is_some_and(|label| label.survives))));
        Ok(())
    }
}
