//! What is described: the dictionary's concepts, or the embedding's own dimensions as their baseline.

use cellprism_core::{
    attribution::ConceptReader,
    bundle::path,
    concepts::Activations,
    sae::{SaeConfig, SaeWeights, random_dictionary},
};
use ndarray::{Array1, Array2, ArrayView2, concatenate};

use crate::jobs::activations;

/// Directions in the embedding and the cells that activate them.
pub struct Subject {
    /// Where their files are, from the bundle's root.
    pub folder: &'static str,
    /// As an autoencoder.
    pub weights: SaeWeights,
    /// Activations of all of them.
    pub activations: Activations,
    /// Single ones from embeddings.
    pub reader: ConceptReader,
}

impl Subject {
    /// The concepts of a trained dictionary.
    pub fn concepts(weights: SaeWeights, embeddings: ArrayView2<'_, f32>) -> Self {
        Self::new(path::CONCEPTS, weights, embeddings)
    }

    /// Both sides of every dimension: side i is the positive part of dimension i, side d + i that of its negative
    /// (METHODS §2). That is the autoencoder of the identity without TopK.
    ///
    /// # Errors
    /// If there is no dimension.
    pub fn neurons(embeddings: ArrayView2<'_, f32>) -> anyhow::Result<Self> {
        let d = embeddings.ncols();
        let config = SaeConfig::new(d, 2 * d, 2 * d)?;
        let one = Array2::<f32>::eye(d);
        let both = concatenate![ndarray::Axis(0), one.view(), (-&one).view()];
        let weights = SaeWeights {
            config: SaeConfig { apply_b_dec_to_input: false, ..config },
            w_enc: both.t().as_standard_layout().to_owned(),
            b_enc: Array1::zeros(2 * d),
            w_dec: both,
            b_dec: Array1::zeros(d),
        };
        Ok(Self::new(path::NEURONS, weights, embeddings))
    }

    /// The same where it is known which cells activate them.
    pub fn of_concepts(weights: SaeWeights, activations: Activations) -> Self {
        Self { folder: path::CONCEPTS, activations, reader: ConceptReader::of(&weights), weights }
    }

    fn new(folder: &'static str, weights: SaeWeights, embeddings: ArrayView2<'_, f32>) -> Self {
        let activations = activations(&weights, embeddings);
        Self { folder, ..Self::of_concepts(weights, activations) }
    }

    /// A dictionary that was never trained: its directions are those of cells drawn at random, from the mean of all.
    ///
    /// # Errors
    /// If the sizes make no dictionary.
    pub fn random(
        embeddings: ArrayView2<'_, f32>,
        concepts: usize,
        k: usize,
        seed: u64,
    ) -> anyhow::Result<Self> {
        Ok(Self::new(path::CONCEPTS, random_dictionary(embeddings, concepts, k, seed)?, embeddings))
    }

    /// The same concepts with their activations permuted over the cells.
    pub fn shuffled(&self, seed: u64) -> Self {
        Self {
            folder: self.folder,
            weights: self.weights.clone(),
            activations: self.activations.permuted(seed),
            reader: self.reader.clone(),
        }
    }

    /// Concepts and sides that can be tested: two of each concept with enough cells.
    pub fn tests(&self, min_cells: u32) -> u32 {
        2 * self.activations.iter().filter(|(_, active)| active.len() >= min_cells as usize).count() as u32
    }

    /// Whether readers can compute these again: then the counts of sampled cells are kept.
    pub fn recomputable(&self) -> bool {
        self.folder == path::CONCEPTS
    }
}

#[cfg(test)]
mod tests {
    use cellprism_core::ids::ConceptId;
    use ndarray::array;

    use super::Subject;

    #[test]
    fn neurons_are_both_sides_of_each_dimension() {
        let neurons = Subject::neurons(array![[1.5, -2.0], [-0.5, 0.0]].view()).unwrap();
        let side = |i| {
            let active = neurons.activations.of(ConceptId(i));
            active.cells.iter().map(|c| c.0).zip(active.values.iter().copied()).collect::<Vec<_>>()
        };
        assert_eq!(
            [side(0), side(1), side(2), side(3)],
            [vec![(0, 1.5)], vec![], vec![(1, 0.5)], vec![(0, 2.0)]]
        );
    }
}
