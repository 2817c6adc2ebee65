//! Searches along one row of weights, in plain loops over all columns that the processor's vectors can take. What is found does
//! not depend on that: values are computed for each column alone, and of equal ones the lowest column counts.

use crate::simd::{Simd, WithSimd, widest};

/// Columns that are gone through at a time, so that what was just written is at hand.
const BLOCK: usize = 256;
/// Columns side by side.
const LANES: usize = 16;

/// A column and a value; the value is infinite where there is no such column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) at: usize,
    pub(super) value: f64,
}

/// A number a column, and the least of each block.
#[derive(Debug)]
pub(super) struct Blocked {
    values: Vec<f64>,
    least: Vec<f64>,
}

impl Blocked {
    /// As many columns.
    pub(super) fn new(columns: usize) -> Self {
        let least = vec![f64::INFINITY; columns.div_ceil(BLOCK)];
        Self { values: vec![f64::INFINITY; columns], least }
    }

    /// The first of the smallest numbers; the first that is better, if one of them is.
    #[inline(always)]
    fn smallest(&self, better: impl Fn(usize) -> bool) -> Place {
        let value = least(&self.least);
        let mut first = usize::MAX;
        for (block, _) in self.least.iter().enumerate().filter(|&(_, &one)| one == value) {
            let from = block * BLOCK;
            let values = &self.values[from..self.values.len().min(from + BLOCK)];
            for at in (0..values.len()).filter(|&at| values[at] == value).map(|at| from + at) {
                if better(at) {
                    return Place { at, value };
                }
                first = first.min(at);
            }
        }
        Place { at: first, value }
    }

    /// Leaves a column out.
    #[inline(always)]
    fn leave_out(&mut self, column: usize) {
        self.values[column] = f64::INFINITY;
        let block = column / BLOCK;
        self.least[block] = least(&self.values[block * BLOCK..self.values.len().min((block + 1) * BLOCK)]);
    }
}

/// The columns of smallest and second smallest reduced cost in a row; `reduced` is room for them.
pub(super) fn two_smallest(weights: &[f32], potentials: &[f64], reduced: &mut Blocked) -> (Place, Place) {
    widest(Two { weights, potentials, reduced })
}

struct Two<'a> {
    weights: &'a [f32],
    potentials: &'a [f64],
    reduced: &'a mut Blocked,
}

impl WithSimd for Two<'_> {
    type Output = (Place, Place);

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> (Place, Place) {
        let Self { weights, potentials, reduced } = self;
        let blocks = reduced.values.chunks_mut(BLOCK).zip(&mut reduced.least);
        for ((values, block), (weights, potentials)) in
            blocks.zip(weights.chunks(BLOCK).zip(potentials.chunks(BLOCK)))
        {
            for (value, (&weight, potential)) in values.iter_mut().zip(weights.iter().zip(potentials)) {
                *value = -f64::from(weight) - potential;
            }
            *block = least(values);
        }
        let first = reduced.smallest(|_| false);
        reduced.leave_out(first.at);
        (first, reduced.smallest(|_| false))
    }
}

/// What is known of the columns while a path is looked for.
#[derive(Debug)]
pub(super) struct Columns {
    /// Length of the shortest path to each column that is not closed; infinite for the others.
    distance: Blocked,
    /// Potentials of the columns that are not closed; of the others −∞, so that no path to them is shorter.
    potentials: Vec<f64>,
    /// The row before each on its path.
    before: Vec<usize>,
}

impl Columns {
    /// As many columns, nothing known.
    pub(super) fn new(columns: usize) -> Self {
        Self { distance: Blocked::new(columns), potentials: vec![0.0; columns], before: vec![0; columns] }
    }

    /// Forgets all paths.
    pub(super) fn restart(&mut self, potentials: &[f64]) {
        self.distance.values.fill(f64::INFINITY);
        self.potentials.copy_from_slice(potentials);
    }

    /// The row before a column on its path.
    pub(super) fn before(&self, column: usize) -> usize {
        self.before[column]
    }

    /// The path to a column is known for good.
    pub(super) fn close(&mut self, column: usize) {
        self.distance.values[column] = f64::INFINITY;
        self.potentials[column] = f64::NEG_INFINITY;
    }

    /// Goes on from `row`, a path's length and a potential: the nearest column that is not closed; among equals one without a
    /// row, which ends the search.
    pub(super) fn reach(&mut self, row: usize, weights: &[f32], from: (f64, f64), row_of: &[usize]) -> Place {
        widest(Reach { columns: self, row, weights, from, row_of })
    }
}

struct Reach<'a> {
    columns: &'a mut Columns,
    row: usize,
    weights: &'a [f32],
    /// Length of the path to the row, and the row's potential.
    from: (f64, f64),
    row_of: &'a [usize],
}

impl WithSimd for Reach<'_> {
    type Output = Place;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Place {
        let Self { columns: Columns { distance, potentials, before }, row, weights, from, row_of } = self;
        let (length, potential) = from;
        let blocks = distance.values.chunks_mut(BLOCK).zip(&mut distance.least).zip(before.chunks_mut(BLOCK));
        let known = weights.chunks(BLOCK).zip(potentials.chunks(BLOCK));
        for (((values, block), before), (weights, potentials)) in blocks.zip(known) {
            let columns = values.iter_mut().zip(before).zip(weights.iter().zip(potentials));
            for ((distance, before), (&weight, column)) in columns {
                let through = length + (-f64::from(weight) - potential - column);
                let nearer = through < *distance;
                *distance = if nearer { through } else { *distance };
                *before = if nearer { row } else { *before };
            }
            *block = least(values);
        }
        distance.smallest(|at| row_of[at] == super::NONE)
    }
}

/// The least of some numbers.
#[inline(always)]
fn least(values: &[f64]) -> f64 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [f64::INFINITY; LANES];
    for chunk in chunks {
        for (least, &value) in lanes.iter_mut().zip(chunk) {
            *least = if value < *least { value } else { *least };
        }
    }
    lanes.iter().chain(rest).fold(f64::INFINITY, |least, &value| if value < least { value } else { least })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_vectors_find_what_a_plain_loop_finds(values in proptest::collection::vec((-3i8..3, -3i8..3), 2..600)) {
            let weights: Vec<f32> = values.iter().map(|v| f32::from(v.0)).collect();
            let potentials: Vec<f64> = values.iter().map(|v| f64::from(v.1)).collect();
            // Adding 0 takes the sign of a negative zero, which counts as equal to the other.
            let reduced = |at: usize| -f64::from(weights[at]) - potentials[at] + 0.0;
            let mut order: Vec<usize> = (0..weights.len()).collect();
            order.sort_by(|&a, &b| reduced(a).total_cmp(&reduced(b)).then(a.cmp(&b)));
            let place = |at: usize| Place { at, value: reduced(at) };
            let mut room = Blocked::new(weights.len());
            prop_assert_eq!(two_smallest(&weights, &potentials, &mut room), (place(order[0]), place(order[1])));

            let mut columns = Columns::new(weights.len());
            columns.restart(&potentials);
            let row_of: Vec<usize> = (0..weights.len()).map(|at| if at % 2 == 0 { 1 } else { super::super::NONE }).collect();
            let found = columns.reach(7, &weights, (1.5, 0.5), &row_of);
            let least = reduced(order[0]) + 1.0;
            let equal: Vec<usize> = order.iter().copied().filter(|&at| reduced(at) + 1.0 == least).collect();
            let expected = equal.iter().copied().find(|at| at % 2 == 1).unwrap_or(equal[0]);
            prop_assert_eq!(found, Place { at: expected, value: least });
            prop_assert!((0..weights.len()).all(|at| columns.before(at) == 7));
            // what is closed is found no more, and its path stays
            columns.close(expected);
            let next = columns.reach(8, &weights, (-9.0, 0.5), &row_of);
            prop_assert!(next.at != expected && columns.before(expected) == 7 && columns.before(next.at) == 8);
        }
    }
}
