//! Swaps through scVI, and SCimilarity, by the exact short cut: a gene changes the first layer's pre-activation by one row of
//! its weights, `(log1p(x_c) − log1p(x_p)) · W₁[l, :]`, so one swap costs a vector sum instead of a pass over
//! all genes. The remaining layers run over many swaps at once. Where counts are scaled by the cell's sum (SCimilarity),
//! a swap changes every input, and the first layer is made anew from the genes that are counted.

use super::{
    changed::{ChangedCell, differences},
    perturb::{Perturb, PerturbError, Swaps},
};
use crate::{
    cells::SomeCells,
    embedding::{dense, scvi::ScviEncoder},
    ids::CellId,
};

/// Swaps that go through the later layers together: enough to reuse weights, small enough for the cache.
const BATCH: usize = 128;
/// No pass.
const NONE: u32 = u32::MAX;

/// Swaps of genes through an scVI encoder.
#[derive(Clone, Copy, Debug)]
pub struct ScviSwaps<'a> {
    encoder: &'a ScviEncoder,
    cells: SomeCells<'a>,
    one_hot: &'a [Vec<u32>],
}

impl<'a> ScviSwaps<'a> {
    /// Counts in the model's gene order, of all cells or of those that will be asked for; `one_hot` of all cells, as in
    /// [`ScviEncoder::encode`].
    ///
    /// # Errors
    /// If the number of genes differs from the model's.
    pub fn new(
        encoder: &'a ScviEncoder,
        cells: impl Into<SomeCells<'a>>,
        one_hot: &'a [Vec<u32>],
    ) -> Result<Self, PerturbError> {
        let cells = cells.into();
        if cells.genes() != encoder.genes().len() {
            return Err(PerturbError::Genes { found: cells.genes(), expected: encoder.genes().len() });
        }
        Ok(Self { encoder, cells, one_hot })
    }

    fn covariates(&self, cell: CellId) -> &'a [u32] {
        self.one_hot.get(cell.index()).map_or(&[], Vec::as_slice)
    }

    /// Appends the first layer after one gene's count was replaced.
    fn push_first_with(
        &self,
        row: (&[u32], &[f32]),
        first: &[f32],
        (gene, from, to): (u32, f32, f32),
        active: &[u32],
        batch: &mut Vec<f32>,
    ) {
        if self.encoder.scales_by_sum() {
            // The library size changes too, and with it every gene: no short cut.
            batch.extend(self.encoder.first_layer(ChangedCell::with(row, gene, to).row(), active));
            return;
        }
        let start = batch.len();
        batch.extend_from_slice(first);
        // The sum is not used where counts are not scaled by it.
        let change = self.encoder.input(to, 0.0) - self.encoder.input(from, 0.0);
        dense::add_scaled(&mut batch[start..], change, self.encoder.gene_weights(gene as usize));
    }
}

impl Perturb for ScviSwaps<'_> {
    fn genes(&self) -> usize {
        self.cells.genes()
    }

    fn swaps(&self, prototype: CellId, counterfactuals: &[CellId]) -> Result<Swaps, PerturbError> {
        let row = self.cells.row(prototype);
        let active = self.covariates(prototype);
        let first = self.encoder.first_layer(row, active);
        let width = self.encoder.first_width();
        let mut passes: Vec<(u32, f32, f32)> = Vec::new();
        // The last pass of each gene, and before each pass the one of the same gene: few counterfactuals, few steps.
        let (mut latest, mut before) = (vec![NONE; self.cells.genes()], Vec::new());
        let genes = counterfactuals
            .iter()
            .map(|&cell| {
                differences(row, self.cells.row(cell))
                    .into_iter()
                    .map(|(gene, from, to)| {
                        let mut pass = latest[gene as usize];
                        while pass != NONE && passes[pass as usize].2.to_bits() != to.to_bits() {
                            pass = before[pass as usize];
                        }
                        if pass == NONE {
                            pass = passes.len() as u32;
                            passes.push((gene, from, to));
                            before.push(std::mem::replace(&mut latest[gene as usize], pass));
                        }
                        (gene, pass)
                    })
                    .collect()
            })
            .collect();
        let mut embeddings = Vec::with_capacity(passes.len() * self.encoder.latent());
        let mut batch = Vec::with_capacity(BATCH * width);
        for chunk in passes.chunks(BATCH) {
            batch.clear();
            for &pass in chunk {
                self.push_first_with(row, &first, pass, active, &mut batch);
            }
            embeddings.extend(self.encoder.finish(&batch, active));
        }
        Ok(Swaps { base: self.encoder.finish(&first, active), genes, embeddings })
    }

    fn path(
        &self,
        prototype: CellId,
        counterfactual: CellId,
        order: &[u32],
        steps: &[u32],
    ) -> Result<Vec<f32>, PerturbError> {
        let row = self.cells.row(prototype);
        let active = self.covariates(prototype);
        let mut cell = ChangedCell::of(row);
        let mut first = self.encoder.first_layer(row, active);
        // Genes are asked for in any order: found by a place each, not by a search each.
        let differing = differences(row, self.cells.row(counterfactual));
        let mut counts = vec![None; self.cells.genes()];
        differing.into_iter().for_each(|(gene, from, to)| counts[gene as usize] = Some((from, to)));
        // A step that changes nothing shares the embedding of the one before: in a random order most do.
        let (mut batch, mut places) = (first.clone(), Vec::with_capacity(steps.len()));
        let mut done = 0;
        for &step in steps {
            let mut changed = false;
            for &gene in order.iter().take(step as usize).skip(done) {
                let Some((from, to)) = counts[gene as usize] else { continue };
                changed = true;
                if self.encoder.scales_by_sum() {
                    cell.set(gene, to);
                } else {
                    let change = self.encoder.input(to, 0.0) - self.encoder.input(from, 0.0);
                    dense::add_scaled(&mut first, change, self.encoder.gene_weights(gene as usize));
                }
            }
            done = done.max(step as usize);
            if changed {
                if self.encoder.scales_by_sum() {
                    first = self.encoder.first_layer(cell.row(), active);
                }
                batch.extend_from_slice(&first);
            }
            places.push(batch.len() / first.len().max(1) - 1);
        }
        let (embeddings, latent) = (self.encoder.finish(&batch, active), self.encoder.latent());
        let mut along = Vec::with_capacity(places.len() * latent);
        places.iter().for_each(|at| along.extend_from_slice(&embeddings[at * latent..(at + 1) * latent]));
        Ok(along)
    }

    fn value(&self, cell: CellId, gene: u32) -> f32 {
        let total = if self.encoder.scales_by_sum() { total(self.cells.row(cell)) } else { 0.0 };
        self.encoder.card().scaled(self.cells.get(cell, gene as usize), total)
    }

    fn values(&self, cell: CellId) -> Vec<f32> {
        self.encoder.card().scaled_row(self.cells.row(cell), self.cells.genes())
    }
}

/// Sum of a cell's counts.
fn total((_, counts): (&[u32], &[f32])) -> f64 {
    counts.iter().map(|&count| f64::from(count)).sum()
}
