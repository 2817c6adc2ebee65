//! Nearest cells in embedding space by Euclidean distance, exact.
//!
//! Distances are sums of squared differences in f64, in the order of the dimensions, so that the choice never
//! depends on the machine; equal distances go to the lowest cell index.

use ndarray::ArrayView2;

use crate::ids::CellId;

/// A cell and its distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// The cell.
    pub cell: CellId,
    /// Euclidean distance.
    pub distance: f64,
}

/// The `n` candidates nearest to `query`, nearest first; fewer where there are fewer.
///
/// `excluded[i]` leaves cell i out; `query` is a row of `embeddings`.
pub fn nearest(
    embeddings: ArrayView2<'_, f32>,
    query: CellId,
    excluded: &[bool],
    n: usize,
) -> Vec<Neighbour> {
    let from = embeddings.row(query.index());
    let mut best: Vec<(f64, u32)> = Vec::with_capacity(n + 1);
    if n == 0 {
        return Vec::new();
    }
    for (cell, row) in embeddings.outer_iter().enumerate() {
        if excluded[cell] {
            continue;
        }
        let bound = if best.len() == n { best[n - 1].0 } else { f64::INFINITY };
        let squared = match (from.as_slice(), row.as_slice()) {
            (Some(a), Some(b)) => squared_distance(a, b, bound),
            _ => from.iter().zip(row).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum(),
        };
        // Cells come in index order, so an equal distance never displaces an earlier cell.
        if squared < bound {
            let place = best.partition_point(|&(other, _)| other <= squared);
            best.insert(place, (squared, cell as u32));
            best.truncate(n);
        }
    }
    best.into_iter().map(|(d, cell)| Neighbour { cell: CellId(cell), distance: d.sqrt() }).collect()
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
