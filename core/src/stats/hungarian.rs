//! The assignment of largest total weight (Kuhn–Munkres), by shortest augmenting paths with potentials
//! (Jonker and Volgenant 1987): O(rows² · columns) at most, exact.

use ndarray::ArrayView2;

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
    let cost = |i: usize, j: usize| -f64::from(weights[i * m + j]);

    // Start: column potentials from column minima; rows take a column that is tight and free.
    let mut column_potential = vec![f64::INFINITY; m];
    for i in 0..n {
        for (j, v) in column_potential.iter_mut().enumerate() {
            *v = v.min(cost(i, j));
        }
    }
    if n < m {
        // Potentials of unassigned columns must be equal and the largest; 0-based start keeps that for rectangles.
        column_potential.fill(0.0);
    }
    let mut row_potential = vec![0.0f64; n];
    let mut row_of = vec![usize::MAX; m];
    let mut column_of = vec![usize::MAX; n];
    for i in 0..n {
        let (mut best, mut at) = (f64::INFINITY, 0);
        for (j, v) in column_potential.iter().enumerate() {
            let reduced = cost(i, j) - v;
            if reduced < best {
                (best, at) = (reduced, j);
            }
        }
        row_potential[i] = best;
        if row_of[at] == usize::MAX {
            row_of[at] = i;
            column_of[i] = at;
        }
    }

    let mut distance = vec![0.0f64; m];
    let mut before = vec![0usize; m];
    let mut open: Vec<usize> = Vec::with_capacity(m);
    for start in 0..n {
        if column_of[start] != usize::MAX {
            continue;
        }
        // Dijkstra over reduced costs; `open` holds the columns not yet reached for good, in ascending order at first.
        distance.fill(f64::INFINITY);
        open.clear();
        open.extend(0..m);
        let mut reached: Vec<usize> = Vec::new();
        let mut row = start;
        let mut length = 0.0f64;
        let end = loop {
            let potential = row_potential[row];
            let costs = &weights[row * m..(row + 1) * m];
            let (mut best, mut place) = (f64::INFINITY, 0);
            for (p, &j) in open.iter().enumerate() {
                let through = length + (-f64::from(costs[j]) - potential - column_potential[j]);
                if through < distance[j] {
                    distance[j] = through;
                    before[j] = row;
                }
                // A free column ends the search at once among equals.
                if distance[j] < best
                    || (distance[j] == best && row_of[j] == usize::MAX && row_of[open[place]] != usize::MAX)
                {
                    (best, place) = (distance[j], p);
                }
            }
            length = best;
            let column = open.swap_remove(place);
            if row_of[column] == usize::MAX {
                break column;
            }
            reached.push(column);
            row = row_of[column];
        };
        row_potential[start] += length;
        for &j in &reached {
            row_potential[row_of[j]] += length - distance[j];
            column_potential[j] -= length - distance[j];
        }
        let mut column = end;
        loop {
            let row = before[column];
            row_of[column] = row;
            std::mem::swap(&mut column_of[row], &mut column);
            if row == start {
                break;
            }
        }
    }
    column_of
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
