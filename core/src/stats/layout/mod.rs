//! A map of points in two dimensions: UMAP's graph and forces (McInnes, Healy & Melville 2018) with named, seeded
//! generators, so that the same points always give the same map, whatever the number of threads.
//!
//! | file | idea |
//! |---|---|
//! | `graph` | the fuzzy union of every point's neighbourhood |
//! | `start` | the two directions of largest spread |
//! | `forces` | what pulls and pushes a point |
//! | `power` | x^b without a call, the same bits on every machine |

mod forces;
mod graph;
mod power;
mod start;

use ndarray::ArrayView2;

use crate::{
    embedding::nearest::{Neighbours, neighbours_of_all},
    parallel,
};
use forces::{Forces, moved};
use graph::Graph;

/// Options of [`layout`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayoutOptions {
    /// Neighbours of each point.
    pub neighbours: usize,
    /// Passes over the edges.
    pub epochs: usize,
    /// Seed.
    pub seed: u64,
}

impl Default for LayoutOptions {
    fn default() -> Self {
        Self { neighbours: 15, epochs: 300, seed: 1 }
    }
}

/// Parts of a pass. Points of a part move at the same time, seeing the others where they were when its turn came; points
/// that follow each other are in different parts, as they are often neighbours.
const PARTS: usize = 32;
/// Points that one piece of work moves.
const PIECE: usize = 512;

/// Coordinates `[points]` of rows of `points`, by Euclidean distance (normalise rows to compare directions).
///
/// ```
/// use cellprism_core::stats::layout::{LayoutOptions, layout};
/// use ndarray::Array2;
///
/// let points = Array2::from_shape_fn((30, 3), |(i, j)| (i * (j + 1) % 7) as f32);
/// let map = layout(points.view(), LayoutOptions::default());
/// assert_eq!(map.len(), 30);
/// assert_eq!(map, layout(points.view(), LayoutOptions::default()), "the same points, the same map");
/// ```
pub fn layout(points: ArrayView2<'_, f32>, options: LayoutOptions) -> Vec<[f32; 2]> {
    let near = neighbours_of_all(points, options.neighbours, options.seed, &|_| ());
    layout_of(points, near, options, &|_| ())
}

/// The same with neighbours that are known; `done` is told after every pass how many were made.
///
/// Beside the neighbours, which are given up, this takes about 200 bytes a point at 15 neighbours.
pub fn layout_of(
    points: ArrayView2<'_, f32>,
    near: Neighbours,
    options: LayoutOptions,
    done: &dyn Fn(usize),
) -> Vec<[f32; 2]> {
    let n = points.nrows();
    let mut place = start::start(points, options.seed);
    if near.each == 0 {
        return place;
    }
    let graph = Graph::new(near, options.epochs);
    for epoch in 0..options.epochs {
        let forces = Forces::new(epoch, options);
        for part in 0..PARTS.min(n) {
            let points = (n - part).div_ceil(PARTS);
            let pieces = parallel::map(points.div_ceil(PIECE), |piece| {
                let own = piece * PIECE..points.min((piece + 1) * PIECE);
                own.map(|i| moved(&place, &graph, part + i * PARTS, forces)).collect::<Vec<_>>()
            });
            for (i, to) in pieces.into_iter().flatten().enumerate() {
                place[part + i * PARTS] = to;
            }
        }
        done(epoch + 1);
    }
    place
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn two_clusters_stay_apart_and_the_map_repeats() {
        let points = Array2::from_shape_fn((40, 3), |(i, j)| {
            (if i < 20 { 0.0 } else { 8.0 }) + (((i * 31 + j * 17) % 13) as f32) / 13.0
        });
        let options = LayoutOptions { neighbours: 6, epochs: 100, seed: 4 };
        let map = layout(points.view(), options);
        assert_eq!(map, layout(points.view(), options));
        let centre = |range: std::ops::Range<usize>| {
            let n = range.len() as f32;
            map[range].iter().fold([0.0, 0.0], |c, p| [c[0] + p[0] / n, c[1] + p[1] / n])
        };
        let (a, b) = (centre(0..20), centre(20..40));
        let nearer = |p: &[f32; 2], own: [f32; 2], other: [f32; 2]| {
            (p[0] - own[0]).hypot(p[1] - own[1]) < (p[0] - other[0]).hypot(p[1] - other[1])
        };
        assert!(map[0..20].iter().all(|p| nearer(p, a, b)) && map[20..40].iter().all(|p| nearer(p, b, a)));
    }

    #[test]
    fn few_or_equal_points_have_finite_places() {
        for points in [Array2::zeros((0, 3)), Array2::zeros((1, 3)), Array2::zeros((70, 3))] {
            let map = layout(points.view(), LayoutOptions::default());
            assert!(map.len() == points.nrows() && map.iter().flatten().all(|v: &f32| v.is_finite()));
        }
    }
}
