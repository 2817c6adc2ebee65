//! Exact occlusion through any encoder of counts: one pass of the whole graph for every gene that differs, in
//! batches. Nothing is known of the graph, so there is no short cut; swaps that counterfactuals share run once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use anyhow::bail;
use cellprism_core::{
    attribution::{Perturb, PerturbError, Swaps, differences},
    cells::SomeCells,
    embedding::card::ModelCard,
    ids::CellId,
};

use super::{BATCH_VALUES, fill_row, run_dense};
use crate::{
    models::{Counted, Model, Swapper},
    runtime::{Place, session::Session},
};

/// Most cells in one batch.
const BATCH: usize = 1024;

/// An encoder on its device, through which genes are swapped.
#[derive(Debug)]
pub struct GraphSwapper<'a> {
    session: Mutex<Session>,
    card: &'a ModelCard,
    one_hot: &'a [Vec<u32>],
}

impl<'a> GraphSwapper<'a> {
    /// Opens the encoder; `one_hot` are the active covariate columns of all cells.
    ///
    /// # Errors
    /// If the device is not there, or the model is refused.
    pub fn open(model: &'a Model, place: &Place, one_hot: &'a [Vec<u32>]) -> anyhow::Result<Self> {
        let session = place.runtime()?.open(&model.onnx(), place.device, 0)?;
        Ok(Self { session: Mutex::new(session), card: &model.card, one_hot })
    }

    /// Swaps among cells with these counts in the model's gene order.
    ///
    /// # Errors
    /// If the number of genes differs from the model's.
    pub fn swaps(&'a self, cells: impl Into<SomeCells<'a>>) -> anyhow::Result<GraphSwaps<'a>> {
        let (cells, genes) = (cells.into(), self.card.genes.len());
        if cells.genes() != genes {
            bail!("the counts have {} genes, the model reads {genes}", cells.genes());
        }
        Ok(GraphSwaps { swapper: self, cells })
    }
}

impl Swapper for GraphSwapper<'_> {
    fn among<'a>(&'a self, cells: Counted<'a>) -> anyhow::Result<Box<dyn Perturb + 'a>> {
        Ok(Box::new(self.swaps(cells.model)?))
    }
}

/// Swaps of genes through an encoder on its device.
#[derive(Clone, Copy, Debug)]
pub struct GraphSwaps<'a> {
    swapper: &'a GraphSwapper<'a>,
    cells: SomeCells<'a>,
}

/// Genes with their new counts.
type Change = Vec<(u32, f32)>;

impl GraphSwaps<'_> {
    /// Embeddings `[changes, latent]` of a cell after each change.
    fn embed(&self, cell: CellId, changes: &[Change]) -> Result<Vec<f32>, PerturbError> {
        let card = self.swapper.card;
        let (genes, width) = (card.genes.len(), card.encoder_covariate_width());
        let mut own = vec![0.0; genes];
        let (columns, counts) = self.cells.row(cell);
        columns.iter().zip(counts).for_each(|(&gene, &count)| own[gene as usize] = count);
        let size = (BATCH_VALUES / genes.max(1)).clamp(1, BATCH);
        let mut embeddings = Vec::with_capacity(changes.len() * card.latent as usize);
        let mut covariates = vec![0.0; size * width];
        for row in covariates.chunks_mut(width.max(1)) {
            for &column in self.swapper.one_hot.get(cell.index()).into_iter().flatten() {
                row[column as usize] = 1.0;
            }
        }
        let mut batch = Vec::new();
        for changes in changes.chunks(size) {
            batch.resize(changes.len() * genes, 0.0);
            for (dense, change) in batch.chunks_mut(genes.max(1)).zip(changes) {
                self.fill(&own, change, dense);
            }
            let mut session = self.swapper.session.lock().unwrap_or_else(PoisonError::into_inner);
            let values =
                run_dense(card, &mut session, changes.len(), &batch, &covariates[..changes.len() * width])
                    .map_err(|error| PerturbError::Model(error.into()))?;
            embeddings.extend(values);
        }
        Ok(embeddings)
    }

    fn count(&self, cell: CellId, gene: u32) -> f32 {
        self.cells.get(cell, gene as usize)
    }

    fn fill(&self, own: &[f32], change: &Change, dense: &mut [f32]) {
        let mut cell = own.to_vec();
        change.iter().for_each(|&(gene, count)| cell[gene as usize] = count);
        let (genes, counts): (Vec<u32>, Vec<f32>) =
            (0..).zip(cell).filter(|&(_, count)| count != 0.0).unzip();
        fill_row(self.swapper.card, (&genes, &counts), dense);
    }
}

impl Perturb for GraphSwaps<'_> {
    fn genes(&self) -> usize {
        self.cells.genes()
    }

    fn swaps(&self, prototype: CellId, counterfactuals: &[CellId]) -> Result<Swaps, PerturbError> {
        let row = self.cells.row(prototype);
        // The first pass is the prototype as it is, in the same batch as its swaps.
        let (mut changes, mut known) = (vec![Change::new()], HashMap::new());
        let genes = counterfactuals
            .iter()
            .map(|cell| {
                let swap = |(gene, _, to): (u32, f32, f32)| {
                    let pass = *known.entry((gene, to.to_bits())).or_insert_with(|| {
                        changes.push(vec![(gene, to)]);
                        changes.len() as u32 - 2
                    });
                    (gene, pass)
                };
                differences(row, self.cells.row(*cell)).into_iter().map(swap).collect()
            })
            .collect();
        let mut base = self.embed(prototype, &changes)?;
        let embeddings = base.split_off(self.swapper.card.latent as usize);
        Ok(Swaps { base, genes, embeddings })
    }

    fn path(
        &self,
        prototype: CellId,
        counterfactual: CellId,
        order: &[u32],
        steps: &[u32],
    ) -> Result<Vec<f32>, PerturbError> {
        let (mut change, mut done) = (Change::new(), 0);
        // A step that changes nothing shares the embedding of the one before.
        let (mut distinct, mut place) = (Vec::<Change>::new(), Vec::with_capacity(steps.len()));
        for &step in steps {
            for &gene in order.iter().take(step as usize).skip(done) {
                let to = self.count(counterfactual, gene);
                if to != self.count(prototype, gene) {
                    change.push((gene, to));
                }
            }
            done = done.max(step as usize);
            if distinct.last() != Some(&change) {
                distinct.push(change.clone());
            }
            place.push(distinct.len() - 1);
        }
        let latent = self.swapper.card.latent as usize;
        let values = self.embed(prototype, &distinct)?;
        Ok(place.into_iter().flat_map(|at| values[at * latent..(at + 1) * latent].to_vec()).collect())
    }

    fn value(&self, cell: CellId, gene: u32) -> f32 {
        let total = self.cells.row(cell).1.iter().map(|&count| f64::from(count)).sum();
        self.swapper.card.scaled(self.count(cell, gene), total)
    }

    fn values(&self, cell: CellId) -> Vec<f32> {
        self.swapper.card.scaled_row(self.cells.row(cell), self.cells.genes())
    }
}
