//! Geneformer with the genes of some cells.

use std::sync::Arc;

use anyhow::bail;
use cellprism_core::{
    attribution::DeletionOptions,
    cells::{CountMatrix, GeneMap},
    embedding::card::Pooling,
};
use serde_json::json;

use super::{GeneformerSwapper, RankModel, Ranks};
use crate::{
    models::{Embed, Model, Prepared, Provenance, Swapper},
    runtime::Place,
    work::shards::Shard,
};

/// Cells read, sorted by length and kept together.
const CHUNK: usize = 128;

/// The model and its genes.
pub struct PreparedGeneformer {
    /// Folder and card.
    pub model: Model,
    /// Genes that a sequence may hold.
    pub ranks: Ranks,
}

impl PreparedGeneformer {
    fn open(&self, place: &Place) -> anyhow::Result<RankModel> {
        RankModel::open(&self.model, self.ranks.tokenizer.clone(), place)
    }
}

impl Prepared for PreparedGeneformer {
    fn model(&self) -> &Model {
        &self.model
    }

    fn genes(&self) -> &[String] {
        &self.ranks.genes.names
    }

    fn map(&self) -> &GeneMap {
        &self.ranks.genes.map
    }

    fn embedder(&self, place: &Place) -> anyhow::Result<Box<dyn Embed + '_>> {
        Ok(Box::new(Ranking { model: self.open(place)?, ranks: &self.ranks }))
    }

    fn swapper(&self, place: &Place) -> anyhow::Result<Box<dyn Swapper + '_>> {
        Ok(Box::new(GeneformerSwapper::new(self.open(place)?)))
    }

    fn is_dear(&self) -> bool {
        true
    }

    /// Every point of a curve is a pass of the whole model.
    fn deletion(&self) -> DeletionOptions {
        DeletionOptions { steps: 20, random_orders: 1, ..DeletionOptions::default() }
    }

    fn provenance(&self) -> Provenance {
        let card = &self.model.card;
        let found = self.ranks.genes.len();
        let (pooling, layer) =
            card.geneformer.as_ref().map_or((Pooling::Cls, -1), |sizes| (sizes.pooling, sizes.layer));
        Provenance {
            kind: card.kind,
            title: card.kind.title(),
            preprocessing: card.preprocessing.clone(),
            sequence: Some(json!({
                "rule": "rank",
                "genes": format!("non-zero genes of each cell, of the {found} that data and dictionary share"),
                "ties": "genes of equal rank come in the data's order",
                "max_length": self.ranks.tokenizer.max_length,
                "pooling": pooling.name(),
                "layer": layer,
            })),
        }
    }
}

/// Cells through the model, some at a time.
struct Ranking<'a> {
    model: RankModel,
    ranks: &'a Ranks,
}

impl Embed for Ranking<'_> {
    fn rows(&self) -> usize {
        CHUNK
    }

    fn embed(&mut self, counts: &CountMatrix, start: usize, done: &dyn Fn(u64)) -> anyhow::Result<Shard> {
        let matched = self.ranks.genes.map.matched_counts(counts);
        let cells = self.ranks.genes.cells(counts);
        let (mut sequences, mut shortened) = (Vec::<Arc<[u32]>>::with_capacity(counts.rows), 0);
        for cell in 0..counts.rows {
            let (tokens, cut) = self.ranks.tokenizer.sequence(cells.counts.row(cell), cells.outside[cell]);
            if !self.model.has_embedding(&tokens) {
                bail!(
                    "cell {} of the file has no count of any gene that the model knows, and so no mean over genes: leave such \
                     cells out, or import the model with --pooling cls",
                    start + cell + 1
                );
            }
            shortened += u64::from(cut);
            sequences.push(tokens.into());
        }
        let values = self.model.embed(&sequences, done)?;
        Ok(Shard { values, counts: matched, shortened, kept: 0 })
    }

    fn provider(&self) -> &'static str {
        self.model.graph().provider()
    }

    fn runtime(&self) -> Option<String> {
        Some(self.model.graph().runtime().to_owned())
    }
}
