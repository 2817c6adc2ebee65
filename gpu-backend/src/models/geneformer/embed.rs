//! Cells through the model, some at a time.

use std::sync::Arc;

use cellprism_core::cells::CountMatrix;

use super::{RankModel, Ranks};
use crate::{models::Embed, work::shards::Shard};

/// Cells read, sorted by length and kept together.
const CHUNK: usize = 128;

/// The model and the genes of a data set.
pub struct RankEmbedder<'a> {
    /// On its device.
    pub model: RankModel,
    /// Genes and tokenizer.
    pub ranks: &'a Ranks,
}

impl Embed for RankEmbedder<'_> {
    fn rows(&self) -> usize {
        CHUNK
    }

    fn embed(&mut self, counts: &CountMatrix, _: usize, done: &dyn Fn(u64)) -> anyhow::Result<Shard> {
        let matched = self.ranks.genes.map.matched_counts(counts);
        let (sequences, shortened) = sequences(self.ranks, counts);
        let values = self.model.embed(&sequences, done)?;
        Ok(Shard { values, counts: matched, shortened, kept: 0 })
    }

    fn provider(&self) -> &'static str {
        self.model.provider()
    }

    fn runtime(&self) -> Option<String> {
        Some(self.model.runtime().to_owned())
    }
}

/// Cells as sequences, and how many of them were too long.
fn sequences(ranks: &Ranks, counts: &CountMatrix) -> (Vec<Arc<[u32]>>, u64) {
    let cells = ranks.genes.cells(counts);
    let mut shortened = 0;
    let sequence = |cell: usize| {
        let (tokens, cut) = ranks.tokenizer.sequence(cells.counts.row(cell), cells.outside[cell]);
        shortened += u64::from(cut);
        tokens.into()
    };
    let sequences = (0..cells.counts.rows).map(sequence).collect();
    (sequences, shortened)
}
