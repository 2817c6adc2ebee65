//! scGPT with the genes of some cells.

use cellprism_core::{
    attribution::DeletionOptions,
    cells::{CountMatrix, GeneMap},
    embedding::scgpt::{BinnedCell, SequenceRule, Tokenizer},
};
use serde_json::json;

use super::{NativePasses, ScgptSwapper, SequenceModel, Sequences, checkpoint::VOCABULARY, native};
use crate::{
    models::{CARD, Embed, Model, Prepared, Provenance, Swapper},
    runtime::Place,
    work::shards::Shard,
};

/// Cells read, sorted by length and kept together.
const CHUNK: usize = 128;

/// The model and its sequences.
pub struct PreparedScgpt {
    /// Folder and card.
    pub model: Model,
    /// Which genes a sequence holds.
    pub sequences: Sequences,
}

impl PreparedScgpt {
    fn open(&self, place: &Place) -> anyhow::Result<SequenceModel> {
        SequenceModel::open(&self.model, self.sequences.tokenizer.clone(), place)
    }
}

impl Prepared for PreparedScgpt {
    fn model(&self) -> &Model {
        &self.model
    }

    fn genes(&self) -> &[String] {
        &self.sequences.genes.names
    }

    fn map(&self) -> &GeneMap {
        &self.sequences.genes.map
    }

    fn published(&self) -> Vec<&'static str> {
        vec![CARD, VOCABULARY]
    }

    /// Cells are embedded by ONNX Runtime everywhere; swaps are not.
    fn engine(&self, place: &Place) -> anyhow::Result<String> {
        let runtime = place.runtime()?.version();
        Ok(match native::is_at(&self.model, place) {
            true => format!("ONNX Runtime {runtime}, swaps native"),
            false => format!("ONNX Runtime {runtime}"),
        })
    }

    fn reading(&self) -> Option<String> {
        let tokenizer = &self.sequences.tokenizer;
        Some(format!("{} of up to {}", tokenizer.rule.name(), tokenizer.max_length))
    }

    fn embedder(&self, place: &Place) -> anyhow::Result<Box<dyn Embed + '_>> {
        Ok(Box::new(Sequenced { model: self.open(place)?, sequences: &self.sequences }))
    }

    fn swapper(&self, place: &Place) -> anyhow::Result<Box<dyn Swapper + '_>> {
        Ok(Box::new(match NativePasses::open(&self.model, &self.sequences.tokenizer, place)? {
            Some(passes) => ScgptSwapper::native(passes),
            None => ScgptSwapper::new(self.open(place)?),
        }))
    }

    /// Every point of a curve is a pass of the whole model.
    fn deletion(&self) -> DeletionOptions {
        DeletionOptions { steps: 20, random_orders: 1, ..DeletionOptions::default() }
    }

    fn has_gradient(&self, place: &Place) -> bool {
        native::is_at(&self.model, place) && self.sequences.tokenizer.rule == SequenceRule::FixedHvg
    }

    fn is_dear(&self) -> bool {
        true
    }

    fn provenance(&self) -> Provenance {
        let Sequences { tokenizer, chosen, .. } = &self.sequences;
        let card = &self.model.card;
        Provenance {
            kind: card.kind,
            title: card.kind.title(),
            preprocessing: format!("{}; {} sequences: {chosen}", card.preprocessing, tokenizer.rule.name()),
            sequence: Some(json!({
                "rule": tokenizer.rule.name(),
                "genes": chosen,
                "bins": tokenizer.bins,
                "ties": "every count takes the highest bin whose edge it reaches; nothing is drawn at random",
                "max_length": tokenizer.max_length,
            })),
        }
    }
}

/// Cells through the model, some at a time.
struct Sequenced<'a> {
    model: SequenceModel,
    sequences: &'a Sequences,
}

impl Embed for Sequenced<'_> {
    fn rows(&self) -> usize {
        CHUNK
    }

    fn embed(&mut self, counts: &CountMatrix, _: usize, done: &dyn Fn(u64)) -> anyhow::Result<Shard> {
        let map = &self.sequences.genes.map;
        let matched = map.matched_counts(counts);
        let (binned, shortened) = bin(&self.sequences.tokenizer, &map.apply(counts));
        let values = self.model.embed(&binned, done)?;
        Ok(Shard { values, counts: matched, shortened, kept: 0 })
    }

    fn provider(&self) -> &'static str {
        self.model.provider()
    }

    fn runtime(&self) -> Option<String> {
        Some(self.model.runtime().to_owned())
    }
}

/// Cells in bins, by counts in the sequence's gene order, and how many of them were too long.
fn bin(tokenizer: &Tokenizer, counts: &CountMatrix) -> (Vec<BinnedCell>, u64) {
    let mut shortened = 0;
    let binned = (0..counts.rows)
        .map(|row| {
            let (cell, cut) = tokenizer.bin(counts.row(row));
            shortened += u64::from(cut);
            cell
        })
        .collect();
    (binned, shortened)
}
