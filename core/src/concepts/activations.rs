//! Sparse activations, stored by concept.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::ids::{CellId, ConceptId};

/// Cells that activate a concept, in cell order, with their activations (all above 0).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActiveCells {
    /// The cells.
    pub cells: Vec<CellId>,
    /// Their activations.
    pub values: Vec<f32>,
}

impl ActiveCells {
    /// Number of active cells.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether the concept is dead.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The largest activation, 0 for a dead concept.
    pub fn max(&self) -> f32 {
        self.values.iter().copied().fold(0.0, f32::max)
    }

    /// Mean over active cells, 0 for a dead concept.
    pub fn mean(&self) -> f32 {
        if self.values.is_empty() {
            return 0.0;
        }
        (self.values.iter().map(|&v| f64::from(v)).sum::<f64>() / self.values.len() as f64) as f32
    }

    /// The `n` most active cells, most active first; ties go to the lowest cell index.
    pub fn prototypes(&self, n: usize) -> Vec<(CellId, f32)> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by(|&a, &b| {
            self.values[b].total_cmp(&self.values[a]).then(self.cells[a].cmp(&self.cells[b]))
        });
        order.into_iter().take(n).map(|i| (self.cells[i], self.values[i])).collect()
    }

    /// Whether a cell activates the concept.
    pub fn contains(&self, cell: CellId) -> bool {
        self.cells.binary_search(&cell).is_ok()
    }

    /// One flag a cell: whether it activates the concept.
    pub fn mask(&self, cells: usize) -> Vec<bool> {
        let mut mask = vec![false; cells];
        for cell in &self.cells {
            mask[cell.index()] = true;
        }
        mask
    }
}

/// Activations of all concepts.
#[derive(Clone, Debug, PartialEq)]
pub struct Activations {
    /// Cells, active or not.
    pub cells: usize,
    concepts: Vec<ActiveCells>,
}

impl Activations {
    /// From TopK codes: `indices` and `values` `[cells, k]`; values of 0 are not activations.
    ///
    /// ```
    /// use cellprism_core::{concepts::Activations, ids::{CellId, ConceptId}};
    ///
    /// // two cells with one of three concepts each
    /// let activations = Activations::from_codes(2, 3, 1, &[2, 2], &[0.5, 1.5]);
    /// assert_eq!(activations.of(ConceptId(2)).prototypes(1), [(CellId(1), 1.5)]);
    /// assert!(activations.of(ConceptId(0)).is_empty());
    /// ```
    ///
    /// # Panics
    /// If an index is not below `concepts`, or the slices differ in length; the encoder guarantees both.
    pub fn from_codes(cells: usize, concepts: usize, k: usize, indices: &[u32], values: &[f32]) -> Self {
        assert!(indices.len() == cells * k && values.len() == cells * k);
        let mut found = Self::none(concepts);
        found.append(cells, k, indices, values);
        found
    }

    /// Of no cell yet; see [`Activations::append`].
    pub fn none(concepts: usize) -> Self {
        Self { cells: 0, concepts: vec![ActiveCells::default(); concepts] }
    }

    /// Adds the codes of the next cells, as in [`Activations::from_codes`]: who has many cells need not hold the codes of all.
    ///
    /// # Panics
    /// As [`Activations::from_codes`].
    pub fn append(&mut self, cells: usize, k: usize, indices: &[u32], values: &[f32]) {
        assert!(indices.len() == cells * k && values.len() == cells * k);
        for (i, (&concept, &value)) in indices.iter().zip(values).enumerate() {
            if value > 0.0 {
                let active = &mut self.concepts[concept as usize];
                active.cells.push(CellId::from(self.cells + i / k));
                active.values.push(value);
            }
        }
        self.cells += cells;
    }

    /// Gives back the room that growing has left.
    pub fn shrink(&mut self) {
        for active in &mut self.concepts {
            active.cells.shrink_to_fit();
            active.values.shrink_to_fit();
        }
    }

    /// From the active cells of every concept, each in cell order.
    pub fn of_concepts(cells: usize, concepts: Vec<ActiveCells>) -> Self {
        Self { cells, concepts }
    }

    /// Number of concepts, dead ones included.
    pub fn len(&self) -> usize {
        self.concepts.len()
    }

    /// Whether there is no concept at all.
    pub fn is_empty(&self) -> bool {
        self.concepts.is_empty()
    }

    /// Cells of one concept.
    pub fn of(&self, concept: ConceptId) -> &ActiveCells {
        &self.concepts[concept.index()]
    }

    /// The same activations of each concept, on other cells drawn at random: what concepts would be if cells meant nothing.
    pub fn permuted(&self, seed: u64) -> Self {
        let permute = |(i, active): (usize, &ActiveCells)| {
            let name = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mut random = Xoshiro256PlusPlus::seed_from_u64(seed ^ name);
            let mut all: Vec<u32> = (0..self.cells as u32).collect();
            let n = active.len();
            for place in 0..n {
                let other = place + (random.next_u64() % (all.len() - place) as u64) as usize;
                all.swap(place, other);
            }
            let mut drawn: Vec<(CellId, f32)> =
                all[..n].iter().map(|&cell| CellId(cell)).zip(active.values.iter().copied()).collect();
            drawn.sort_unstable_by_key(|&(cell, _)| cell);
            let (cells, values) = drawn.into_iter().unzip();
            ActiveCells { cells, values }
        };
        Self { cells: self.cells, concepts: self.concepts.iter().enumerate().map(permute).collect() }
    }

    /// Every concept with its cells.
    pub fn iter(&self) -> impl Iterator<Item = (ConceptId, &ActiveCells)> {
        self.concepts.iter().enumerate().map(|(i, active)| (ConceptId::from(i), active))
    }
}

/// Counts of `values` in `bins` equal bins from 0 to `max`; the largest value is in the last bin.
pub fn histogram(values: &[f32], max: f32, bins: usize) -> Vec<u32> {
    let mut counts = vec![0; bins];
    if max > 0.0 && bins > 0 {
        for &value in values {
            let bin = (f64::from(value) / f64::from(max) * bins as f64) as usize;
            counts[bin.min(bins - 1)] += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permuting_keeps_the_activations_and_moves_the_cells() {
        let indices: Vec<u32> = (0..60).map(|i| i % 3).collect();
        let values: Vec<f32> = (0..60).map(|i| 1.0 + i as f32).collect();
        let found = Activations::from_codes(60, 3, 1, &indices, &values);
        let permuted = found.permuted(7);
        assert_eq!(permuted, found.permuted(7));
        for (id, active) in permuted.iter() {
            assert_ne!(active.cells, found.of(id).cells);
            assert!(active.cells.is_sorted_by(|a, b| a < b));
            let sorted = |values: &[f32]| {
                let mut values = values.to_vec();
                values.sort_unstable_by(f32::total_cmp);
                values
            };
            assert_eq!(sorted(&active.values), sorted(&found.of(id).values));
        }
    }

    #[test]
    fn codes_of_zero_are_no_activation() {
        let found = Activations::from_codes(2, 3, 2, &[2, 0, 2, 1], &[1.0, 0.5, 1.0, 0.0]);
        assert_eq!(found.of(ConceptId(2)).cells, [CellId(0), CellId(1)]);
        assert!(found.of(ConceptId(1)).is_empty());
        assert_eq!(found.of(ConceptId(2)).prototypes(1), [(CellId(0), 1.0)]);
    }

    #[test]
    fn the_largest_value_is_in_the_last_bin() {
        assert_eq!(histogram(&[0.1, 0.5, 1.0], 1.0, 2), [1, 2]);
    }
}
