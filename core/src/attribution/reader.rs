//! One concept's activation from an embedding, before and after TopK.

use crate::{embedding::dense, ids::ConceptId};

/// The encoder side of a sparse autoencoder, laid out for reading single concepts.
///
/// Every pre-activation is one f32 sum in the order of the dimensions, starting from the bias: the same bits
/// as [`crate::embedding::dense::linear`] gives for all concepts at once.
#[derive(Clone, Debug)]
pub struct ConceptReader {
    /// `[concepts, d]`, for one concept at a time.
    weights: Vec<f32>,
    /// `[d, concepts]`, for all at once.
    columns: Vec<f32>,
    bias: Vec<f32>,
    /// Subtracted from the embedding first; empty where it is not.
    centre: Vec<f32>,
    norms: Vec<f64>,
    dimensions: usize,
    k: usize,
}

/// Activations of all concepts in one cell, from which small changes are judged.
#[derive(Clone, Debug)]
pub struct Base {
    embedding: Vec<f32>,
    pre: Vec<f32>,
}

impl ConceptReader {
    /// `w_enc` is `[d, concepts]` row-major, `centre` is `b_dec` where the autoencoder subtracts it.
    ///
    /// # Panics
    /// If the sizes do not fit; a loaded autoencoder has been checked.
    pub fn new(w_enc: &[f32], bias: &[f32], centre: Option<&[f32]>, k: usize) -> Self {
        let concepts = bias.len();
        let dimensions = w_enc.len() / concepts.max(1);
        assert!(w_enc.len() == dimensions * concepts && centre.is_none_or(|c| c.len() == dimensions));
        let mut weights = vec![0.0; w_enc.len()];
        for (d, row) in w_enc.chunks(concepts.max(1)).enumerate() {
            for (concept, &weight) in row.iter().enumerate() {
                weights[concept * dimensions + d] = weight;
            }
        }
        let norms = weights
            .chunks(dimensions.max(1))
            .map(|row| row.iter().map(|&w| f64::from(w) * f64::from(w)).sum::<f64>().sqrt())
            .collect();
        Self {
            weights,
            columns: w_enc.to_vec(),
            bias: bias.to_vec(),
            centre: centre.unwrap_or_default().to_vec(),
            norms,
            dimensions,
            k,
        }
    }

    /// Embedding size.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Concepts.
    pub fn concepts(&self) -> usize {
        self.bias.len()
    }

    fn centred(&self, embedding: &[f32]) -> Vec<f32> {
        if self.centre.is_empty() {
            return embedding.to_vec();
        }
        embedding.iter().zip(&self.centre).map(|(x, c)| x - c).collect()
    }

    fn pre_centred(&self, centred: &[f32], concept: usize) -> f32 {
        let row = &self.weights[concept * self.dimensions..(concept + 1) * self.dimensions];
        centred.iter().zip(row).fold(self.bias[concept], |sum, (x, w)| sum + x * w)
    }

    /// All pre-activations of one embedding.
    pub fn base(&self, embedding: &[f32]) -> Base {
        let mut pre = vec![0.0; self.concepts()];
        dense::linear(&self.centred(embedding), self.dimensions, &self.columns, &self.bias, &mut pre);
        Base { embedding: embedding.to_vec(), pre }
    }

    /// Activation after TopK and pre-activation of one concept, from all pre-activations.
    pub fn read(&self, base: &Base, concept: ConceptId) -> (f32, f32) {
        let own = base.pre[concept.index()];
        let above =
            (0..self.concepts()).filter(|&other| beats(base.pre[other], other, own, concept.index())).count();
        (if above < self.k { own.max(0.0) } else { 0.0 }, own)
    }

    /// Activations after TopK of one concept in many embeddings `[rows, d]`.
    pub fn read_rows(&self, embeddings: &[f32], concept: ConceptId) -> Vec<f32> {
        let centred: Vec<f32> =
            embeddings.chunks(self.dimensions.max(1)).flat_map(|row| self.centred(row)).collect();
        let mut pre = vec![0.0; embeddings.len() / self.dimensions.max(1) * self.concepts()];
        dense::linear(&centred, self.dimensions, &self.columns, &self.bias, &mut pre);
        pre.chunks(self.concepts().max(1)).map(|row| self.after_topk(row, concept)).collect()
    }

    fn after_topk(&self, pre: &[f32], concept: ConceptId) -> f32 {
        let own = pre[concept.index()];
        let above = pre
            .iter()
            .enumerate()
            .filter(|&(other, &value)| beats(value, other, own, concept.index()))
            .count();
        if above < self.k { own.max(0.0) } else { 0.0 }
    }

    /// The same for an embedding near `base`: a concept that a change of this length cannot bring across is
    /// not computed, all others are, so the result equals [`ConceptReader::read`] of the whole.
    pub fn read_near(&self, base: &Base, embedding: &[f32], concept: ConceptId) -> (f32, f32) {
        let centred = self.centred(embedding);
        let own = self.pre_centred(&centred, concept.index());
        let moved = embedding
            .iter()
            .zip(&base.embedding)
            .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2))
            .sum::<f64>()
            .sqrt();
        let mut above = 0;
        for (other, &before) in base.pre.iter().enumerate() {
            // The slack covers the rounding of f32 sums by a wide margin.
            let before = f64::from(before);
            let reach = moved * self.norms[other] + 1e-4 * (1.0 + before.abs() + f64::from(own.abs()));
            let beaten = if before + reach < f64::from(own) {
                false
            } else if before - reach > f64::from(own) {
                true
            } else {
                beats(self.pre_centred(&centred, other), other, own, concept.index())
            };
            above += usize::from(beaten);
            if above >= self.k {
                return (0.0, own);
            }
        }
        (own.max(0.0), own)
    }
}

/// Whether `other` comes before `own` in TopK: larger, or equal with a lower index.
fn beats(other: f32, other_index: usize, own: f32, own_index: usize) -> bool {
    other_index != own_index && (other > own || (other == own && other_index < own_index))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn near_equals_whole(values in proptest::collection::vec(-1.0f32..1.0, 6 * 12 + 12 + 6), step in 0.0f32..0.5, k in 1usize..5) {
            let (weights, rest) = values.split_at(72);
            let (bias, x) = rest.split_at(12);
            let reader = ConceptReader::new(weights, bias, Some(&[0.1; 6]), k);
            let base = reader.base(x);
            let moved: Vec<f32> = x.iter().enumerate().map(|(i, v)| v + step * ((i % 3) as f32 - 1.0)).collect();
            let whole = reader.base(&moved);
            for concept in 0..12 {
                prop_assert_eq!(reader.read_near(&base, &moved, ConceptId(concept)), reader.read(&whole, ConceptId(concept)));
            }
        }
    }

    #[test]
    fn ties_go_to_the_lowest_concept() {
        let reader = ConceptReader::new(&[0.0, 0.0, 0.0], &[1.0, 1.0, 1.0], None, 2);
        let base = reader.base(&[0.5]);
        assert_eq!(reader.read(&base, ConceptId(1)), (1.0, 1.0));
        assert_eq!(reader.read(&base, ConceptId(2)), (0.0, 1.0));
    }
}
