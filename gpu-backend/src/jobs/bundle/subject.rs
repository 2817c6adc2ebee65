//! What is described: the dictionary's concepts, or the embedding's own dimensions as their baseline.

use cellprism_core::{
    attribution::ConceptReader,
    bundle::{neuron_samples_kept, path},
    concepts::Activations,
    sae::{SaeWeights, random_dictionary},
};
use ndarray::ArrayView2;

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

    /// Both sides of every dimension, as [`SaeWeights::neurons`] has them.
    ///
    /// # Errors
    /// If there is no dimension.
    pub fn neurons(embeddings: ArrayView2<'_, f32>) -> anyhow::Result<Self> {
        let weights = SaeWeights::neurons(embeddings.ncols())?;
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

    /// Whether the counts of sampled cells are kept, so that readers can compute these again: of concepts always, of
    /// neurons where there are not too many.
    pub fn recomputable(&self) -> bool {
        self.folder == path::CONCEPTS || neuron_samples_kept(self.weights.config.d_in)
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
