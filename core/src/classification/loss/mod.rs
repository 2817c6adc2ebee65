//! The mean loss of labels given features, with the penalty, and its gradient.
//!
//! Cells are summed in at most [`BLOCKS`] blocks whose sums are added in their order, whatever the number of threads.
//! Weights are stored by feature, so that what one feature adds to all classes lies together.
//!
//! | file | idea |
//! |---|---|
//! | `by_row` | a block's sums, cell after cell |
//! | `by_feature` | the same sums of sparse cells, some cells at a time, feature after feature |
//! | `residuals` | from a cell's linear functions to its loss and residuals |

mod by_feature;
mod by_row;
mod residuals;

use self::{by_feature::Tiles, by_row::Cells};
use super::Features;
use crate::{
    parallel,
    simd::{Simd, WithSimd, widest},
};

pub(super) use self::by_row::outputs_of;

/// Blocks at most.
const BLOCKS: usize = 16;
/// Cells of a block at least.
const SMALLEST: usize = 64;
/// Outputs that are summed side by side.
const GROUP: usize = 4;
/// Groups at most that are held in registers.
const MOST_GROUPS: usize = 8;
/// Features whose gradients are added up by one thread.
const PIECE: usize = 256;

/// Cells with their classes.
pub(super) struct Problem<'a> {
    features: &'a Features,
    /// Rows of the features.
    rows: &'a [usize],
    /// Class of each row.
    classes: &'a [usize],
    /// Linear functions: one a class, or a single one for two classes.
    outputs: usize,
    /// What half the squared weights count.
    penalty: f64,
    /// Numbers that a feature has in `padded` and in the blocks' gradients: `outputs` and zeros up to a whole group.
    stride: usize,
    padded: Vec<f64>,
    blocks: Vec<Block>,
}

/// Sums over some of the cells.
struct Block {
    start: usize,
    end: usize,
    loss: f64,
    gradient: Vec<f64>,
    /// The entries of sparse cells, laid for several classes.
    tiles: Option<Tiles>,
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
        let groups = outputs.div_ceil(GROUP);
        let in_groups = outputs > 1 && groups <= MOST_GROUPS;
        let stride = if in_groups { groups * GROUP } else { outputs };
        let size = (features.width() + 1) * stride;
        let blocks = parallel::map(count, |i| {
            let (start, end) = (rows.len() * i / count, rows.len() * (i + 1) / count);
            let tiles = in_groups.then(|| Tiles::of(features, &rows[start..end], stride)).flatten();
            Block { start, end, loss: 0.0, gradient: vec![0.0; size], tiles }
        });
        let penalty = 1.0 / (c * rows.len() as f64);
        Self { features, rows, classes, outputs, penalty, stride, padded: vec![0.0; size], blocks }
    }

    /// The loss at `weights` `[width + 1, outputs]`, intercepts last, and its gradient.
    pub(super) fn evaluate(&mut self, weights: &[f64], gradient: &mut [f64]) -> f64 {
        let Self { features, rows, classes, outputs, penalty, stride, padded, blocks } = self;
        let (outputs, stride) = (*outputs, *stride);
        for (padded, weights) in padded.chunks_exact_mut(stride).zip(weights.chunks_exact(outputs)) {
            padded[..outputs].copy_from_slice(weights);
        }
        let weights = padded.as_slice();
        parallel::for_each_mut(blocks, |_, block| {
            let (rows, classes) = (&rows[block.start..block.end], &classes[block.start..block.end]);
            widest(OverCells { cells: Cells { features, rows, classes, outputs, weights }, stride, block });
        });
        let cells = rows.len() as f64;
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
        let loss = blocks.iter().fold(0.0, |sum, block| sum + block.loss);
        let slopes = features.width() * outputs;
        let mut squares = 0.0;
        for (at, (gradient, weight)) in
            gradient.iter_mut().zip(weights.chunks_exact(stride).flat_map(|all| &all[..outputs])).enumerate()
        {
            *gradient /= cells;
            if at < slopes {
                *gradient += *penalty * weight;
                squares += weight * weight;
            }
        }
        loss / cells + 0.5 * *penalty * squares
    }
}

struct OverCells<'a> {
    cells: Cells<'a>,
    stride: usize,
    block: &'a mut Block,
}

impl WithSimd for OverCells<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.block.loss = 0.0;
        self.block.gradient.fill(0.0);
        match (self.cells.outputs, self.stride / GROUP) {
            (1, _) => self.cells.any(self.block),
            (_, 1) => self.groups::<1>(),
            (_, 2) => self.groups::<2>(),
            (_, 3) => self.groups::<3>(),
            (_, 4) => self.groups::<4>(),
            (_, 5) => self.groups::<5>(),
            (_, 6) => self.groups::<6>(),
            (_, 7) => self.groups::<7>(),
            (_, 8) if self.stride == 8 * GROUP => self.groups::<8>(),
            _ => self.cells.any(self.block),
        }
    }
}

impl OverCells<'_> {
    #[inline(always)]
    fn groups<const GROUPS: usize>(self) {
        let Self { cells, block, .. } = self;
        // taken out while the block's sums are written
        let tiles = block.tiles.take();
        match &tiles {
            Some(tiles) => tiles.groups::<GROUPS>(cells.classes, cells.outputs, cells.weights, block),
            None => cells.groups::<GROUPS>(block),
        }
        block.tiles = tiles;
    }
}

#[inline(always)]
fn multiply_add_to<const GROUPS: usize>(
    sums: &mut [[f64; GROUP]; GROUPS],
    value: f64,
    others: &[[f64; GROUP]; GROUPS],
) {
    // plain loops: iterators are not always inlined into functions of the processor's own instructions
    #[allow(clippy::needless_range_loop)]
    for group in 0..GROUPS {
        for lane in 0..GROUP {
            sums[group][lane] += value * others[group][lane];
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;

    /// The gradient from differences of the loss.
    fn numerical(problem: &mut Problem<'_>, weights: &[f64]) -> Vec<f64> {
        let mut unused = vec![0.0; weights.len()];
        (0..weights.len())
            .map(|at| {
                let mut moved = |by: f64| {
                    let mut weights = weights.to_vec();
                    weights[at] += by;
                    problem.evaluate(&weights, &mut unused)
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
            let mut problem = Problem::new(&features, &rows, &classes, outputs, 0.5);
            let mut gradient = vec![0.0; weights.len()];
            problem.evaluate(weights, &mut gradient);
            for (ours, theirs) in gradient.iter().zip(numerical(&mut problem, weights)) {
                prop_assert!((ours - theirs).abs() < 1e-7, "{} {}", ours, theirs);
            }
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
            let evaluated = |by_row: bool| {
                let mut problem = Problem::new(&features, &rows, &classes, outputs, 1.0);
                if by_row {
                    problem.blocks.iter_mut().for_each(|block| block.tiles = None);
                }
                let mut gradient = vec![0.0; weights.len()];
                (problem.evaluate(&weights, &mut gradient), gradient)
            };
            prop_assert_eq!(evaluated(false), evaluated(true));
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
            let evaluated = |features| {
                let mut gradient = vec![0.0; 18];
                let loss = Problem::new(features, &rows, &classes, 3, 1.0).evaluate(&weights, &mut gradient);
                (loss, gradient)
            };
            prop_assert_eq!(evaluated(&sparse), evaluated(&dense));
        }
    }
}
