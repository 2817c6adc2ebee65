//! What each subject gives a regression: activations; where an item is one side of a direction, the direction itself, so that
//! no number stands twice.

use cellprism_core::{
    classification::Features,
    evaluation::{Subject, SubjectKind},
    ids::ConceptId,
};
use ndarray::Array2;

/// Features of a subject. Item i of neurons and components is their direction i, so that neurons are the embedding itself.
pub fn of(subject: &Subject) -> Features {
    match subject.kind {
        SubjectKind::Neurons | SubjectKind::Pca | SubjectKind::Ica => Features::Dense(both_sides(subject)),
        _ => sparse(subject),
    }
}

/// What both sides of each direction read, the second negated.
fn both_sides(subject: &Subject) -> Array2<f32> {
    let directions = subject.items() / 2;
    let mut values = Array2::zeros((subject.activations.cells, directions));
    for (id, active) in subject.activations.iter() {
        let (direction, sign) =
            if id.index() < directions { (id.index(), 1.0) } else { (id.index() - directions, -1.0) };
        for (cell, &value) in active.cells.iter().zip(&active.values) {
            values[[cell.index(), direction]] = sign * value;
        }
    }
    values
}

fn sparse(subject: &Subject) -> Features {
    let activations = &subject.activations;
    let mut starts = vec![0usize; activations.cells + 1];
    for (_, active) in activations.iter() {
        active.cells.iter().for_each(|cell| starts[cell.index() + 1] += 1);
    }
    for cell in 0..activations.cells {
        starts[cell + 1] += starts[cell];
    }
    let mut next = starts.clone();
    let total = starts[activations.cells];
    let (mut indices, mut values) = (vec![0u32; total], vec![0f32; total]);
    for item in 0..activations.len() {
        let active = activations.of(ConceptId::from(item));
        for (cell, &value) in active.cells.iter().zip(&active.values) {
            let at = next[cell.index()];
            (indices[at], values[at]) = (item as u32, value);
            next[cell.index()] += 1;
        }
    }
    Features::Sparse { width: activations.len(), starts, indices, values }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellprism_core::classification::Row;

    #[test]
    fn neurons_are_the_embedding_and_items_their_activations() {
        let x = ndarray::array![[1.5f32, -2.0], [-0.5, 0.0]];
        let neurons = Subject::neurons(x.view()).unwrap();
        let Features::Dense(values) = of(&neurons) else { panic!("dense") };
        assert_eq!(values, x);
        let by_item = sparse(&neurons);
        assert_eq!(by_item.row(0), Row::Sparse(&[0, 3], &[1.5, 2.0]));
        assert_eq!(by_item.row(1), Row::Sparse(&[2], &[0.5]));
    }
}
