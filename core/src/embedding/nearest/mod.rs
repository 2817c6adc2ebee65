//! Nearest cells in embedding space by Euclidean distance, exact.
//!
//! Distances are sums of squared differences in f64, in the order of the dimensions, so that the choice never
//! depends on the machine; equal distances go to the lowest cell index. [`nearest_of_many`] passes over most pairs with a
//! bound from 8-bit codes, and chooses what walking over all cells would. [`neighbours_of_all`] finds most neighbours of every
//! cell where there are too many cells for that.

mod codes;
mod kernel;
mod many;
mod partition;

#[cfg(test)]
use ndarray::ArrayView2;

pub use self::{
    many::{Query, nearest_of_many},
    partition::{EXACT, Neighbours, neighbours_of_all},
};
use crate::ids::CellId;

/// A cell and its distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// The cell.
    pub cell: CellId,
    /// Euclidean distance.
    pub distance: f64,
}

/// The `n` candidates nearest to `query` by a walk over all cells; `excluded[i]` leaves cell i out.
#[cfg(test)]
fn nearest(embeddings: ArrayView2<'_, f32>, query: CellId, excluded: &[bool], n: usize) -> Vec<Neighbour> {
    let from = embeddings.row(query.index());
    let mut best = Best::new(n);
    if n == 0 {
        return Vec::new();
    }
    for (cell, row) in embeddings.outer_iter().enumerate() {
        if excluded[cell] {
            continue;
        }
        let squared = match (from.as_slice(), row.as_slice()) {
            (Some(a), Some(b)) => squared_distance(a, b, best.bound()),
            _ => from.iter().zip(row).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum(),
        };
        best.offer(squared, cell as u32);
    }
    best.neighbours()
}

/// The nearest cells so far, of those offered in the order of their index.
#[derive(Clone, Debug)]
struct Best {
    n: usize,
    /// Squared distances, ascending.
    found: Vec<(f64, u32)>,
}

impl Best {
    fn new(n: usize) -> Self {
        Self { n, found: Vec::with_capacity(n + 1) }
    }

    /// Squared distance that a further cell must stay below.
    fn bound(&self) -> f64 {
        if self.found.len() < self.n { f64::INFINITY } else { self.found.last().map_or(0.0, |f| f.0) }
    }

    /// Takes the cell in if it is near enough: an equal distance never displaces an earlier cell.
    fn offer(&mut self, squared: f64, cell: u32) {
        if squared < self.bound() {
            let place = self.found.partition_point(|&(other, _)| other <= squared);
            self.found.insert(place, (squared, cell));
            self.found.truncate(self.n);
        }
    }

    fn neighbours(self) -> Vec<Neighbour> {
        let neighbour =
            |(squared, cell): (f64, u32)| Neighbour { cell: CellId(cell), distance: squared.sqrt() };
        self.found.into_iter().map(neighbour).collect()
    }
}

/// Sum of squared differences; a value ≥ `bound` is only known to be at least `bound`.
fn squared_distance(a: &[f32], b: &[f32], bound: f64) -> f64 {
    let mut sum = 0.0;
    for (a, b) in a.chunks(16).zip(b.chunks(16)) {
        for (&a, &b) in a.iter().zip(b) {
            let difference = f64::from(a) - f64::from(b);
            sum += difference * difference;
        }
        if sum >= bound {
            return sum;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;

    fn naive(x: ArrayView2<'_, f32>, query: usize, excluded: &[bool], n: usize) -> Vec<u32> {
        let mut all: Vec<(f64, u32)> = (0..x.nrows())
            .filter(|&i| !excluded[i])
            .map(|i| {
                let d = x
                    .row(query)
                    .iter()
                    .zip(x.row(i))
                    .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2))
                    .sum();
                (d, i as u32)
            })
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        all.into_iter().take(n).map(|(_, i)| i).collect()
    }

    proptest! {
        #[test]
        fn equals_sorting_everything(values in proptest::collection::vec(-2i8..3, 40), mask in proptest::collection::vec(any::<bool>(), 20), n in 0usize..6) {
            let x = Array2::from_shape_vec((20, 2), values.iter().map(|&v| f32::from(v)).collect()).unwrap();
            let found: Vec<u32> = nearest(x.view(), CellId(3), &mask, n).iter().map(|f| f.cell.0).collect();
            prop_assert_eq!(found, naive(x.view(), 3, &mask, n));
        }
    }
}
