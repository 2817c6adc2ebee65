//! A cell whose counts are scaled by their sum, laid out so that another sum costs little.
//!
//! A swap changes the sum, and with it every input of the first layer. But genes with the same count change alike: their
//! rows of weights are summed up once, and a swap costs one product for each different count instead of one for each gene.

use std::collections::BTreeMap;

use crate::embedding::{dense, scvi::ScviEncoder};

/// One cell at the first layer of an encoder.
pub(super) struct ScaledCell<'a> {
    encoder: &'a ScviEncoder,
    /// Bias and covariates, `[width]`.
    start: Vec<f32>,
    /// Different counts.
    counts: Vec<f32>,
    /// Weights of the genes with each of them, summed up, `[counts, width]`.
    sums: Vec<f32>,
    total: f64,
}

impl<'a> ScaledCell<'a> {
    pub(super) fn new(encoder: &'a ScviEncoder, (genes, counts): (&[u32], &[f32]), active: &[u32]) -> Self {
        let mut by_count: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (&gene, &count) in genes.iter().zip(counts) {
            by_count.entry(count.to_bits()).or_default().push(gene);
        }
        let width = encoder.first_width();
        let mut sums = vec![0.0; by_count.len() * width];
        for (sum, genes) in sums.chunks_mut(width).zip(by_count.values()) {
            genes.iter().for_each(|&gene| dense::add_scaled(sum, 1.0, encoder.gene_weights(gene as usize)));
        }
        Self {
            encoder,
            start: encoder.first_layer((&[], &[]), active),
            counts: by_count.into_keys().map(f32::from_bits).collect(),
            sums,
            total: counts.iter().map(|&count| f64::from(count)).sum(),
        }
    }

    /// Pre-activation of the first layer, of the cell as it is.
    pub(super) fn first(&self) -> Vec<f32> {
        self.with_sum(self.total)
    }

    /// The same after the count of one gene was replaced.
    pub(super) fn first_with(&self, gene: u32, from: f32, to: f32) -> Vec<f32> {
        let total = self.total - f64::from(from) + f64::from(to);
        let mut first = self.with_sum(total);
        let input = |count: f32| if count > 0.0 { self.encoder.input(count, total) } else { 0.0 };
        dense::add_scaled(&mut first, input(to) - input(from), self.encoder.gene_weights(gene as usize));
        first
    }

    fn with_sum(&self, total: f64) -> Vec<f32> {
        let mut first = self.start.clone();
        for (&count, sum) in self.counts.iter().zip(self.sums.chunks(first.len().max(1))) {
            dense::add_scaled(&mut first, self.encoder.input(count, total), sum);
        }
        first
    }
}
