//! The mean loss of labels given features, with the penalty, and its gradient.
//!
//! Linear functions of the cells change evenly along a line, so those of the weights and of the line are kept: a pass over the
//! features finds what a line adds to them, any number of points along it then needs no features, and a second pass finds the
//! gradient where the line was left. A search for the lowest point costs no more than one step of it.
//!
//! Cells are summed in at most [`BLOCKS`] blocks whose sums are added in their order, whatever the number of threads.
//! Weights are stored by feature, so that what one feature adds to all classes lies together.
//!
//! | file | idea |
//! |---|---|
//! | `block` | some of the cells: their linear functions, and one pass over them |
//! | `by_row` | products with the features, cell after cell |
//! | `by_feature` | the same sums of sparse cells, some cells at a time, feature after feature |
//! | `lanes` | numbers side by side |
//! | `residuals` | from a cell's linear functions to its loss and residuals |

mod block;
mod by_feature;
mod by_row;
mod lanes;
mod residuals;

use self::block::{Block, Cells, Pass};
use super::{Features, line_search::Point, minimise::Objective};
use crate::parallel;

pub(super) use self::by_row::outputs_of;

/// Blocks at most.
const BLOCKS: usize = 16;
/// Cells of a block at least.
const SMALLEST: usize = 64;
/// How many outputs can be held in registers: whole vectors.
const HELD: [usize; 5] = [4, 8, 16, 24, 32];
/// Features whose gradients are added up by one thread.
const PIECE: usize = 256;

/// Cells with their classes, at some weights `[width + 1, outputs]`, intercepts last.
pub(super) struct Problem<'a> {
    cells: Cells<'a>,
    /// What half the squared weights count.
    penalty: f64,
    /// Numbers that a feature has in `padded` and in the blocks' sums: `outputs`, and zeros up to whole vectors.
    stride: usize,
    padded: Vec<f64>,
    blocks: Vec<Block>,
    /// Of the weights without intercepts and of the line: their squares, the product of both, the line's squares.
    squares: (f64, f64, f64),
}

impl<'a> Problem<'a> {
    /// `outputs` is 1 for two classes, else the number of classes; `c` is the inverse penalty as scikit-learn's C.
    pub(super) fn new(
        features: &'a Features,
        rows: &'a [usize],
        classes: &'a [usize],
        outputs: usize,
        c: f64,
    ) -> Self {
        let count = rows.len().div_ceil(SMALLEST).clamp(1, BLOCKS);
        let held = HELD.into_iter().find(|&most| outputs > 1 && outputs <= most);
        let stride = held.unwrap_or(outputs);
        let size = (features.width() + 1) * stride;
        let cells = Cells { features, rows, classes, outputs };
        let blocks = parallel::map(count, |i| {
            Block::new(&cells, rows.len() * i / count..rows.len() * (i + 1) / count, stride, held.is_some())
        });
        let penalty = 1.0 / (c * rows.len() as f64);
        Self { cells, penalty, stride, padded: vec![0.0; size], blocks, squares: (0.0, 0.0, 0.0) }
    }

    fn pad(&mut self, weights: &[f64]) {
        let outputs = self.cells.outputs;
        let padded = self.padded.chunks_exact_mut(self.stride);
        for (padded, weights) in padded.zip(weights.chunks_exact(outputs)) {
            padded[..outputs].copy_from_slice(weights);
        }
    }

    fn pass(&mut self, pass: Pass) {
        let (cells, weights) = (&self.cells, self.padded.as_slice());
        parallel::for_each_mut(&mut self.blocks, |_, block| block.pass(pass, cells, weights));
    }

    fn slopes(&self) -> usize {
        self.cells.features.width() * self.cells.outputs
    }

    /// The gradient from the sums of the blocks, and the loss.
    fn gathered(&mut self, weights: &[f64], gradient: &mut [f64]) -> f64 {
        let slopes = self.slopes();
        let Self { cells, penalty, stride, blocks, .. } = self;
        let (outputs, stride, count) = (cells.outputs, *stride, cells.rows.len() as f64);
        let mut pieces: Vec<&mut [f64]> = gradient.chunks_mut(PIECE * outputs).collect();
        parallel::for_each_mut(&mut pieces, |piece, gradient| {
            gradient.fill(0.0);
            for block in blocks.iter() {
                let parts = block.gradient[piece * PIECE * stride..].chunks_exact(stride);
                for (all, part) in gradient.chunks_exact_mut(outputs).zip(parts) {
                    all.iter_mut().zip(part).for_each(|(all, part)| *all += part);
                }
            }
        });
        let mut squares = 0.0;
        for (at, (gradient, weight)) in gradient.iter_mut().zip(weights).enumerate() {
            *gradient /= count;
            if at < slopes {
                *gradient += *penalty * weight;
                squares += weight * weight;
            }
        }
        self.squares = (squares, 0.0, 0.0);
        let loss = self.blocks.iter().fold(0.0, |sum, block| sum + block.loss);
        loss / count + 0.5 * self.penalty * squares
    }
}

impl Objective for Problem<'_> {
    fn start(&mut self, weights: &[f64], gradient: &mut [f64]) -> f64 {
        if weights.iter().all(|&weight| weight == 0.0) {
            self.pass(Pass::Start);
            return self.gathered(weights, gradient);
        }
        self.along(weights, weights);
        self.arrive(1.0, weights, gradient)
    }

    fn along(&mut self, weights: &[f64], direction: &[f64]) {
        self.pad(direction);
        self.pass(Pass::Line);
        let slopes = self.slopes();
        let (mut product, mut own) = (0.0, 0.0);
        for (weight, direction) in weights[..slopes].iter().zip(direction) {
            product += weight * direction;
            own += direction * direction;
        }
        (self.squares.1, self.squares.2) = (product, own);
    }

    fn point(&mut self, step: f64) -> Point {
        self.pass(Pass::Point(step));
        let sums =
            self.blocks.iter().fold((0.0, 0.0), |sums, block| (sums.0 + block.loss, sums.1 + block.slope));
        let (count, (squares, product, own)) = (self.cells.rows.len() as f64, self.squares);
        let penalty = 0.5 * (squares + step * (2.0 * product + step * own));
        Point {
            step,
            value: sums.0 / count + self.penalty * penalty,
            slope: sums.1 / count + self.penalty * (product + step * own),
        }
    }

    fn arrive(&mut self, step: f64, weights: &[f64], gradient: &mut [f64]) -> f64 {
        self.pass(Pass::Move(step));
        self.pass(Pass::Gradient);
        self.gathered(weights, gradient)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;

    /// Loss and gradient at some weights.
    fn evaluated(mut problem: Problem<'_>, weights: &[f64]) -> (f64, Vec<f64>) {
        let mut gradient = vec![0.0; weights.len()];
        (problem.start(weights, &mut gradient), gradient)
    }

    /// The gradient from differences of the loss.
    fn numerical<'a>(problem: impl Fn() -> Problem<'a>, weights: &[f64]) -> Vec<f64> {
        (0..weights.len())
            .map(|at| {
                let moved = |by: f64| {
                    let mut weights = weights.to_vec();
                    weights[at] += by;
                    evaluated(problem(), &weights).0
                };
                (moved(1e-5) - moved(-1e-5)) / 2e-5
            })
            .collect()
    }

    proptest! {
        #[test]
        fn the_gradient_is_that_of_the_loss(
            values in proptest::collection::vec(-2.0f32..2.0, 12 * 3),
            weights in proptest::collection::vec(-1.5f64..1.5, 4 * 4),
            classes in proptest::collection::vec(0usize..4, 12),
            two in proptest::bool::ANY,
        ) {
            let features = Features::Dense(Array2::from_shape_vec((12, 3), values).unwrap());
            let rows: Vec<usize> = (0..12).collect();
            let classes: Vec<usize> = classes.into_iter().map(|class| if two { class % 2 } else { class }).collect();
            let outputs = if two { 1 } else { 4 };
            let weights = &weights[..4 * outputs];
            let problem = || Problem::new(&features, &rows, &classes, outputs, 0.5);
            for (ours, theirs) in evaluated(problem(), weights).1.iter().zip(numerical(problem, weights)) {
                prop_assert!((ours - theirs).abs() < 1e-7, "{} {}", ours, theirs);
            }
        }

        #[test]
        fn the_start_is_a_point_as_others(
            codes in proptest::collection::vec((0u32..40, -1.0f32..2.0), 100),
            count in 2usize..40,
        ) {
            let (indices, values): (Vec<u32>, Vec<f32>) = codes.into_iter().unzip();
            let features = Features::from_codes(40, 1, &indices, &values).unwrap();
            let rows: Vec<usize> = (0..100).collect();
            let classes: Vec<usize> = rows.iter().map(|row| row * 7 % count).collect();
            let outputs = if count == 2 { 1 } else { count };
            let weights = vec![0.0; 41 * outputs];
            let mut problem = Problem::new(&features, &rows, &classes, outputs, 0.7);
            let (mut gradient, mut other) = (weights.clone(), weights.clone());
            let value = problem.start(&weights, &mut gradient);
            problem.along(&weights, &weights);
            prop_assert!((problem.arrive(0.0, &weights, &mut other) - value).abs() < 1e-13);
            prop_assert!(gradient.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-14));
        }

        #[test]
        fn points_of_a_line_are_those_of_their_weights(
            codes in proptest::collection::vec((0u32..40, -1.0f32..2.0), 280),
            count in 2usize..40,
            steps in proptest::collection::vec(-2.0f64..3.0, 3),
        ) {
            let (indices, values): (Vec<u32>, Vec<f32>) = codes.into_iter().unzip();
            let features = Features::from_codes(40, 1, &indices, &values).unwrap();
            let rows: Vec<usize> = (0..280).collect();
            let classes: Vec<usize> = rows.iter().map(|row| row * 7 % count).collect();
            let outputs = if count == 2 { 1 } else { count };
            let problem = || Problem::new(&features, &rows, &classes, outputs, 0.7);
            let numbers = |by: f64| -> Vec<f64> { (0..41 * outputs).map(|i| (i as f64 * by).sin()).collect() };
            let (weights, line) = (numbers(0.7), numbers(1.1));
            let mut on = problem();
            let mut gradient = vec![0.0; weights.len()];
            on.start(&weights, &mut gradient);
            on.along(&weights, &line);
            for &step in &steps {
                let there: Vec<f64> = weights.iter().zip(&line).map(|(weight, by)| weight + step * by).collect();
                let (value, steep) = evaluated(problem(), &there);
                let slope: f64 = steep.iter().zip(&line).map(|(a, b)| a * b).sum();
                let point = on.point(step);
                prop_assert!((point.value - value).abs() < 1e-12 * (1.0 + value), "{point:?} {value}");
                prop_assert!((point.slope - slope).abs() < 1e-12 * (1.0 + slope.abs()), "{point:?} {slope}");
            }
            let there: Vec<f64> = weights.iter().zip(&line).map(|(weight, by)| weight + steps[0] * by).collect();
            let value = on.arrive(steps[0], &there, &mut gradient);
            let (expected, steep) = evaluated(problem(), &there);
            prop_assert!((value - expected).abs() < 1e-12 * (1.0 + value));
            prop_assert!(gradient.iter().zip(&steep).all(|(a, b)| (a - b).abs() < 1e-13));
        }

        #[test]
        fn sums_by_feature_are_those_by_row(
            codes in proptest::collection::vec((0u32..40, -1.0f32..2.0), 400),
            count in 2usize..33,
        ) {
            // each feature once a cell
            let indices: Vec<u32> = codes.iter().enumerate().map(|(i, code)| (i as u32 % 4) * 40 + code.0).collect();
            let values: Vec<f32> = codes.iter().map(|code| code.1).collect();
            let features = Features::from_codes(160, 4, &indices, &values).unwrap();
            let rows: Vec<usize> = (0..100).rev().collect();
            let classes: Vec<usize> = rows.iter().map(|row| row * 7 % count).collect();
            let outputs = if count == 2 { 1 } else { count };
            let weights: Vec<f64> = (0..161 * outputs).map(|i| (i as f64 * 0.7).sin()).collect();
            let problem = |by_row: bool| {
                let mut problem = Problem::new(&features, &rows, &classes, outputs, 1.0);
                if !by_row {
                    problem.blocks.iter_mut().for_each(|block| block.lay(&problem.cells));
                }
                problem
            };
            prop_assert_eq!(evaluated(problem(false), &weights), evaluated(problem(true), &weights));
        }

        #[test]
        fn sparse_rows_are_dense_ones(codes in proptest::collection::vec((0u32..5, 0.0f32..2.0), 80)) {
            let indices: Vec<u32> = codes.iter().map(|code| code.0).collect();
            let values: Vec<f32> = codes.iter().map(|code| code.1).collect();
            let sparse = Features::from_codes(5, 1, &indices, &values).unwrap();
            let dense = sparse.columns(&[0, 1, 2, 3, 4]);
            let rows: Vec<usize> = (0..80).collect();
            let classes: Vec<usize> = rows.iter().map(|row| row % 3).collect();
            let weights: Vec<f64> = (0..18).map(|i| (f64::from(i) * 0.7).sin()).collect();
            let found = |features| evaluated(Problem::new(features, &rows, &classes, 3, 1.0), &weights);
            prop_assert_eq!(found(&sparse), found(&dense));
        }
    }
}
