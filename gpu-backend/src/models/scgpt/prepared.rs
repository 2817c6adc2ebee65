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
/// Cells after which is told how far it is, where threads share them.
const TOLD: usize = 32;

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

    /// Code of our own, where that computes at the place.
    fn native(&self, place: &Place) -> anyhow::Result<Option<NativePasses>> {
        NativePasses::open(&self.model, &self.sequences.tokenizer, place)
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

    fn engine(&self, place: &Place) -> anyhow::Result<String> {
        if native::is_at(&self.model, place) {
            return Ok("native".into());
        }
        Ok(format!("ONNX Runtime {}", place.runtime()?.version()))
    }

    fn reading(&self) -> Option<String> {
        let tokenizer = &self.sequences.tokenizer;
        Some(format!("{} of up to {}", tokenizer.rule.name(), tokenizer.max_length))
    }

    fn embedder(&self, place: &Place) -> anyhow::Result<Box<dyn Embed + '_>> {
        let engine = match self.native(place)? {
            Some(passes) => Engine::Native(Box::new(passes)),
            None => Engine::Graph(Box::new(self.open(place)?)),
        };
        Ok(Box::new(Sequenced { engine, sequences: &self.sequences }))
    }

    fn swapper(&self, place: &Place) -> anyhow::Result<Box<dyn Swapper + '_>> {
        Ok(Box::new(match self.native(place)? {
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
    engine: Engine,
    sequences: &'a Sequences,
}

/// What embeds cells.
enum Engine {
    Native(Box<NativePasses>),
    Graph(Box<SequenceModel>),
}

impl Embed for Sequenced<'_> {
    fn rows(&self) -> usize {
        CHUNK
    }

    fn embed(&mut self, counts: &CountMatrix, _: usize, done: &dyn Fn(u64)) -> anyhow::Result<Shard> {
        let map = &self.sequences.genes.map;
        let matched = map.matched_counts(counts);
        let (binned, shortened) = bin(&self.sequences.tokenizer, &map.apply(counts));
        let values = match &mut self.engine {
            Engine::Graph(model) => model.embed(&binned, done)?,
            Engine::Native(passes) => {
                let mut values = Vec::new();
                for some in binned.chunks(TOLD) {
                    values.extend(passes.embed_all(some)?);
                    done(some.len() as u64);
                }
                values
            }
        };
        Ok(Shard { values, counts: matched, shortened, kept: 0 })
    }

    fn provider(&self) -> &'static str {
        match &self.engine {
            Engine::Native(_) => "native",
            Engine::Graph(model) => model.graph().provider(),
        }
    }

    fn runtime(&self) -> Option<String> {
        match &self.engine {
            Engine::Native(_) => None,
            Engine::Graph(model) => Some(model.graph().runtime().to_owned()),
        }
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
