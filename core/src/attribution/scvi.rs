//! Swaps through scVI by the exact short cut: a gene changes the first layer's pre-activation by one row of
//! its weights, `(log1p(x_c) − log1p(x_p)) · W₁[l, :]`, so one swap costs a vector sum instead of a pass over
//! all genes. The remaining layers run over many swaps at once.

use super::perturb::{Perturb, PerturbError, Swaps};
use crate::{
    cells::CountMatrix,
    embedding::{dense, scvi::ScviEncoder},
    ids::CellId,
};

/// Swaps that go through the later layers together: enough to reuse weights, small enough for the cache.
const BATCH: usize = 128;

/// Swaps of genes through an scVI encoder.
#[derive(Clone, Copy, Debug)]
pub struct ScviSwaps<'a> {
    encoder: &'a ScviEncoder,
    counts: &'a CountMatrix,
    one_hot: &'a [Vec<u32>],
}

impl<'a> ScviSwaps<'a> {
    /// `counts` in the model's gene order; `one_hot` as in [`ScviEncoder::encode`].
    ///
    /// # Errors
    /// If the number of genes differs from the model's.
    pub fn new(
        encoder: &'a ScviEncoder,
        counts: &'a CountMatrix,
        one_hot: &'a [Vec<u32>],
    ) -> Result<Self, PerturbError> {
        if counts.cols != encoder.genes().len() {
            return Err(PerturbError(format!(
                "the counts have {} genes, the model reads {}",
                counts.cols,
                encoder.genes().len()
            )));
        }
        Ok(Self { encoder, counts, one_hot })
    }

    fn covariates(&self, cell: CellId) -> &'a [u32] {
        self.one_hot.get(cell.index()).map_or(&[], Vec::as_slice)
    }

    /// First layer after one gene's count was replaced.
    fn first_with(
        &self,
        row: (&[u32], &[f32]),
        first: &[f32],
        gene: u32,
        from: f32,
        to: f32,
        active: &[u32],
    ) -> Vec<f32> {
        if self.encoder.scales_by_sum() {
            // The library size changes too, and with it every gene: no short cut.
            let mut cell = row_with(row, gene, to);
            let (genes, counts) = cell.split();
            return self.encoder.first_layer((genes, counts), active);
        }
        let mut sums = first.to_vec();
        // The sum is not used where counts are not scaled by it.
        let change = self.encoder.input(to, 0.0) - self.encoder.input(from, 0.0);
        dense::add_scaled(&mut sums, change, self.encoder.gene_weights(gene as usize));
        sums
    }
}

/// A sparse row that can be changed.
struct Row {
    genes: Vec<u32>,
    counts: Vec<f32>,
}

impl Row {
    fn split(&mut self) -> (&[u32], &[f32]) {
        (&self.genes, &self.counts)
    }

    fn set(&mut self, gene: u32, count: f32) {
        match (self.genes.binary_search(&gene), count > 0.0) {
            (Ok(place), true) => self.counts[place] = count,
            (Ok(place), false) => {
                self.genes.remove(place);
                self.counts.remove(place);
            }
            (Err(place), true) => {
                self.genes.insert(place, gene);
                self.counts.insert(place, count);
            }
            (Err(_), false) => {}
        }
    }
}

fn row_with((genes, counts): (&[u32], &[f32]), gene: u32, count: f32) -> Row {
    let mut row = Row { genes: genes.to_vec(), counts: counts.to_vec() };
    row.set(gene, count);
    row
}

/// Genes in which two sparse rows differ: gene, count in `a`, count in `b`.
pub fn differences(a: (&[u32], &[f32]), b: (&[u32], &[f32])) -> Vec<(u32, f32, f32)> {
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    while i < a.0.len() || j < b.0.len() {
        let left = a.0.get(i).copied().unwrap_or(u32::MAX);
        let right = b.0.get(j).copied().unwrap_or(u32::MAX);
        let (x, y) = (if left <= right { a.1[i] } else { 0.0 }, if right <= left { b.1[j] } else { 0.0 });
        if x != y {
            out.push((left.min(right), x, y));
        }
        i += usize::from(left <= right);
        j += usize::from(right <= left);
    }
    out
}

impl Perturb for ScviSwaps<'_> {
    fn genes(&self) -> usize {
        self.counts.cols
    }

    fn swaps(&self, prototype: CellId, counterfactuals: &[CellId]) -> Result<Swaps, PerturbError> {
        let row = self.counts.row(prototype.index());
        let active = self.covariates(prototype);
        let first = self.encoder.first_layer(row, active);
        let width = self.encoder.first_width();
        let mut passes: Vec<(u32, f32, f32)> = Vec::new();
        let mut known = std::collections::HashMap::new();
        let genes = counterfactuals
            .iter()
            .map(|&cell| {
                differences(row, self.counts.row(cell.index()))
                    .into_iter()
                    .map(|(gene, from, to)| {
                        let pass = *known.entry((gene, to.to_bits())).or_insert_with(|| {
                            passes.push((gene, from, to));
                            passes.len() as u32 - 1
                        });
                        (gene, pass)
                    })
                    .collect()
            })
            .collect();
        let mut embeddings = Vec::with_capacity(passes.len() * self.encoder.latent());
        let mut batch = Vec::with_capacity(BATCH * width);
        for chunk in passes.chunks(BATCH) {
            batch.clear();
            for &(gene, from, to) in chunk {
                batch.extend(self.first_with(row, &first, gene, from, to, active));
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
        let row = self.counts.row(prototype.index());
        let active = self.covariates(prototype);
        let mut cell = Row { genes: row.0.to_vec(), counts: row.1.to_vec() };
        let mut first = self.encoder.first_layer(row, active);
        let mut batch = Vec::with_capacity(steps.len() * first.len());
        let mut done = 0;
        for &step in steps {
            for &gene in order.iter().take(step as usize).skip(done) {
                let (from, to) = (self.value(prototype, gene), self.value(counterfactual, gene));
                if from == to {
                    continue;
                }
                if self.encoder.scales_by_sum() {
                    cell.set(gene, to);
                } else {
                    let change = self.encoder.input(to, 0.0) - self.encoder.input(from, 0.0);
                    dense::add_scaled(&mut first, change, self.encoder.gene_weights(gene as usize));
                }
            }
            done = done.max(step as usize);
            if self.encoder.scales_by_sum() {
                first = self.encoder.first_layer(cell.split(), active);
            }
            batch.extend_from_slice(&first);
        }
        Ok(self.encoder.finish(&batch, active))
    }

    fn value(&self, cell: CellId, gene: u32) -> f32 {
        self.counts.get(cell.index(), gene as usize)
    }
}
