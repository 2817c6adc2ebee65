//! Subjects that read a cell by one product: the dictionary itself, the embedding's dimensions, a dictionary that was never
//! trained, and the dictionary on permuted cells.

use ndarray::{Array2, ArrayView2};

use super::{Encoder, Subject, SubjectError, SubjectKind, sides};
use crate::{
    concepts::Activations,
    sae::{SaeWeights, random_dictionary},
};

/// Both sides of every dimension, from zero, as a dictionary.
///
/// # Errors
/// If there is no dimension.
pub fn neuron_weights(d: usize) -> Result<SaeWeights, SubjectError> {
    let one = Array2::eye(d);
    sides((one.view(), one.view()), &vec![0.0; d])
}

impl Subject {
    /// The concepts of a trained dictionary, on embeddings `[cells, d]`.
    pub fn concepts(weights: SaeWeights, x: ArrayView2<'_, f32>) -> Self {
        Self::linear(SubjectKind::Sae, weights, x)
    }

    /// A dictionary that was trained with its decoder left at the random start.
    pub fn frozen_decoder(weights: SaeWeights, x: ArrayView2<'_, f32>) -> Self {
        Self::linear(SubjectKind::FrozenDecoder, weights, x)
    }

    /// Both sides of every dimension, from zero.
    ///
    /// # Errors
    /// If there is no dimension.
    pub fn neurons(x: ArrayView2<'_, f32>) -> Result<Self, SubjectError> {
        Ok(Self::linear(SubjectKind::Neurons, neuron_weights(x.ncols())?, x))
    }

    /// A dictionary of the same size that was never trained: unit directions from the mean of the embeddings to cells drawn
    /// at random.
    ///
    /// # Errors
    /// If the sizes make no dictionary.
    pub fn random(
        x: ArrayView2<'_, f32>,
        (items, k): (usize, usize),
        seed: u64,
    ) -> Result<Self, SubjectError> {
        Ok(Self::linear(SubjectKind::Random, random_dictionary(x, items, k, seed)?, x))
    }

    /// Items of which it is known which cells activate them: those of a bundle without embeddings.
    pub fn known(kind: SubjectKind, weights: SaeWeights, activations: Activations) -> Self {
        Self { kind, weights, encoder: Encoder::Linear, activations }
    }

    /// The same concepts, what each reads dealt to other cells.
    #[must_use]
    pub fn shuffled(&self, seed: u64) -> Self {
        Self {
            kind: SubjectKind::Shuffled,
            weights: self.weights.clone(),
            encoder: Encoder::Permuted(seed),
            activations: self.activations.permuted(seed),
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::{evaluation::rebuild, ids::ConceptId};

    #[test]
    fn neurons_are_both_sides_of_each_dimension_and_rebuild_everything() {
        let x = array![[1.5f32, -2.0], [-0.5, 0.0]];
        let neurons = Subject::neurons(x.view()).unwrap();
        let cells = |i| neurons.activations.of(ConceptId(i)).cells.iter().map(|c| c.0).collect::<Vec<_>>();
        assert_eq!([cells(0), cells(1), cells(2), cells(3)], [vec![0], vec![], vec![1], vec![0]]);
        assert_eq!(neurons.active_per_cell(), None);
        assert_eq!(rebuild(&neurons, &neurons.activations, x.view()).r2, Some(1.0));
    }

    #[test]
    fn shuffled_concepts_keep_their_values_and_have_no_other_cells() {
        let x = Array2::from_shape_fn((40, 3), |(i, j)| ((i * 7 + j * 13) % 11) as f32 - 4.0);
        let random = Subject::random(x.view(), (6, 2), 1).unwrap();
        let shuffled = random.shuffled(3);
        let count = |of: &Subject| of.activations.iter().map(|(_, active)| active.len()).sum::<usize>();
        assert_eq!(count(&random), count(&shuffled));
        assert!(shuffled.on(x.view()).is_none() && random.on(x.view()).is_some());
        let r2 = |of: &Subject| rebuild(of, &of.activations, x.view()).r2.unwrap();
        assert!(r2(&random) > r2(&shuffled));
    }
}
