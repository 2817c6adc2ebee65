//! The assignment of largest total weight (Kuhn–Munkres), as Jonker and Volgenant (1987) find it: rows bid for columns, then those
//! that are left without one find the shortest augmenting path. O(rows² · columns) at most, exact.

mod scan;

use ndarray::ArrayView2;
use scan::{Blocked, Columns, Place, two_smallest};

/// No row, or no column.
const NONE: usize = usize::MAX;
/// How often the rows that are left bid.
const ROUNDS: usize = 6;

/// For every row the column given to it, such that no column is given twice and the sum of `weights` is largest.
/// Rows must not outnumber columns. Ties go to the lowest column that keeps the sum largest on the first path found.
///
/// ```
/// use cellprism_core::stats::maximum_assignment;
/// use ndarray::array;
///
/// // the largest number of a row is not always the best for all
/// assert_eq!(maximum_assignment(array![[9.0, 8.0], [8.0, 1.0]].view()), [1, 0]);
/// ```
///
/// # Panics
/// If there are more rows than columns, or a weight is not finite.
pub fn maximum_assignment(weights: ArrayView2<'_, f32>) -> Vec<usize> {
    let (n, m) = weights.dim();
    assert!(n <= m, "more rows than columns");
    assert!(weights.iter().all(|w| w.is_finite()), "weights are finite");
    let weights = weights.as_standard_layout();
    let weights = weights.as_slice().expect("standard layout");
    let mut search = Search {
        weights,
        columns: m,
        potentials: first_potentials(weights, n, m),
        row_of: vec![NONE; m],
        column_of: vec![NONE; n],
    };
    search.bid();
    search.augment();
    search.column_of
}

/// Column minima, which are tight; none for a rectangle, where the potentials of columns without a row must be equal and the largest.
fn first_potentials(weights: &[f32], rows: usize, columns: usize) -> Vec<f64> {
    if rows < columns {
        return vec![0.0; columns];
    }
    let mut potentials = vec![f64::INFINITY; columns];
    for row in weights.chunks_exact(columns.max(1)) {
        for (potential, &weight) in potentials.iter_mut().zip(row) {
            *potential = potential.min(-f64::from(weight));
        }
    }
    potentials
}

/// An assignment that grows. Costs are negative weights, reduced by the potentials; each row that has a column has it at the
/// smallest reduced cost of its row.
struct Search<'a> {
    weights: &'a [f32],
    columns: usize,
    potentials: Vec<f64>,
    row_of: Vec<usize>,
    column_of: Vec<usize>,
}

impl Search<'_> {
    fn row(&self, row: usize) -> &[f32] {
        &self.weights[row * self.columns..(row + 1) * self.columns]
    }

    fn cost(&self, row: usize, column: usize) -> f64 {
        -f64::from(self.weights[row * self.columns + column])
    }

    /// Each row takes the column that costs it least and lowers the column's potential until the second best would cost as much.
    /// Who had the column bids again, at once where the potential fell, else in the next round.
    fn bid(&mut self) {
        let rows = self.column_of.len();
        if self.columns < 2 {
            return;
        }
        let mut reduced = Blocked::new(self.columns);
        let mut left: Vec<usize> = (0..rows).collect();
        for _ in 0..ROUNDS {
            let mut bidders = std::mem::take(&mut left);
            bidders.reverse();
            // potentials that fall by next to nothing could keep two rows bidding for long
            let mut again = 4 * rows;
            while let Some(row) = bidders.pop() {
                let (first, second) = two_smallest(self.row(row), &self.potentials, &mut reduced);
                let mut column = first.at;
                let lowered = self.potentials[column] - (second.value - first.value);
                let falls = lowered < self.potentials[column];
                if falls {
                    self.potentials[column] = lowered;
                } else if self.row_of[column] != NONE {
                    column = second.at;
                }
                let before = std::mem::replace(&mut self.row_of[column], row);
                self.column_of[row] = column;
                if before != NONE {
                    self.column_of[before] = NONE;
                    if falls && again > 0 {
                        again -= 1;
                        bidders.push(before);
                    } else {
                        left.push(before);
                    }
                }
            }
        }
    }

    /// Gives every row that is left a column, along the shortest path of exchanges (Dijkstra).
    fn augment(&mut self) {
        let rows = self.column_of.len();
        let mut row_potentials: Vec<f64> = (0..rows)
            .map(|row| match self.column_of[row] {
                NONE => 0.0,
                column => self.cost(row, column) - self.potentials[column],
            })
            .collect();
        let mut columns = Columns::new(self.columns);
        let mut reached: Vec<Place> = Vec::new();
        for start in 0..rows {
            if self.column_of[start] != NONE {
                continue;
            }
            columns.restart(&self.potentials);
            reached.clear();
            let (mut row, mut length) = (start, 0.0);
            let end = loop {
                let found = columns.reach(row, self.row(row), (length, row_potentials[row]), &self.row_of);
                length = found.value;
                if self.row_of[found.at] == NONE {
                    break found.at;
                }
                columns.close(found.at);
                reached.push(found);
                row = self.row_of[found.at];
            };
            row_potentials[start] += length;
            for place in &reached {
                let rise = length - place.value;
                row_potentials[self.row_of[place.at]] += rise;
                self.potentials[place.at] -= rise;
            }
            let mut column = end;
            loop {
                let row = columns.before(column);
                self.row_of[column] = row;
                std::mem::swap(&mut self.column_of[row], &mut column);
                if row == start {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use proptest::prelude::*;

    fn best_by_trying(weights: &Array2<f32>, row: usize, used: &mut Vec<bool>) -> f64 {
        if row == weights.nrows() {
            return 0.0;
        }
        let mut best = f64::NEG_INFINITY;
        for j in 0..weights.ncols() {
            if !used[j] {
                used[j] = true;
                best = best.max(f64::from(weights[[row, j]]) + best_by_trying(weights, row + 1, used));
                used[j] = false;
            }
        }
        best
    }

    proptest! {
        #[test]
        fn no_assignment_is_better(n in 1usize..7, more in 0usize..3, values in proptest::collection::vec(-9i32..10, 63)) {
            let m = n + more;
            let weights = Array2::from_shape_fn((n, m), |(i, j)| values[i * m + j] as f32 * 0.5);
            let found = maximum_assignment(weights.view());
            let mut seen = vec![false; m];
            let mut sum = 0.0;
            for (i, &j) in found.iter().enumerate() {
                prop_assert!(!std::mem::replace(&mut seen[j], true));
                sum += f64::from(weights[[i, j]]);
            }
            prop_assert_eq!(sum, best_by_trying(&weights, 0, &mut vec![false; m]));
        }
    }

    #[test]
    fn a_shuffled_identity_is_found() {
        let n = 300;
        let place = |i: usize| (i * 7 + 3) % n;
        let weights = Array2::from_shape_fn((n, n), |(i, j)| {
            if j == place(i) { 1.0 } else { ((i * 31 + j * 17) % 97) as f32 / 100.0 }
        });
        let found = maximum_assignment(weights.view());
        assert!(found.iter().enumerate().all(|(i, &j)| j == place(i)));
    }
}
