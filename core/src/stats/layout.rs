//! A map of points in two dimensions: UMAP's graph and forces (McInnes, Healy & Melville 2018) with a named,
//! seeded generator and one thread, so that the same points always give the same map.

use ndarray::ArrayView2;
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::{
    embedding::nearest::{Query, nearest_of_many},
    ids::CellId,
};

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

/// Curve 1 / (1 + a·x^(2b)) for a minimal distance of 0.3 and a spread of 1 (fitted as umap-learn does).
const A: f64 = 0.992_175;
const B: f64 = 1.112_256;
/// Random points that push away, for each edge that pulls.
const REPULSIONS: usize = 5;

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
    let n = points.nrows();
    let k = options.neighbours.min(n.saturating_sub(1));
    let mut place = start(points);
    if k == 0 {
        return place.iter().map(|p| p.map(|v| v as f32)).collect();
    }
    let edges = graph(points, k);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    // Equal points start a little apart, or no force could ever part them.
    for value in place.iter_mut().flatten() {
        *value += (f64::from(rng.next_u32()) / f64::from(u32::MAX) - 0.5) * 1e-2;
    }
    let heaviest = edges.iter().map(|e| e.2).fold(0.0, f64::max);
    let mut due: Vec<f64> = edges.iter().map(|e| heaviest / e.2).collect();
    for epoch in 0..options.epochs {
        let rate = 1.0 - epoch as f64 / options.epochs as f64;
        for (edge, due) in edges.iter().zip(&mut due) {
            if *due > (epoch + 1) as f64 {
                continue;
            }
            *due += heaviest / edge.2;
            pull(&mut place, edge.0, edge.1, rate);
            for _ in 0..REPULSIONS {
                let other = (rng.next_u64() % n as u64) as usize;
                push(&mut place, edge.0, other, rate);
            }
        }
    }
    place.iter().map(|p| p.map(|v| v as f32)).collect()
}

fn clip(x: f64) -> f64 {
    x.clamp(-4.0, 4.0)
}

fn pull(place: &mut [[f64; 2]], a: usize, b: usize, rate: f64) {
    let delta = [place[a][0] - place[b][0], place[a][1] - place[b][1]];
    let squared = delta[0] * delta[0] + delta[1] * delta[1];
    if squared > 0.0 {
        let power = libm::pow(squared, B);
        let force = -2.0 * A * B * (power / squared) / (1.0 + A * power);
        for axis in 0..2 {
            let step = clip(force * delta[axis]) * rate;
            place[a][axis] += step;
            place[b][axis] -= step;
        }
    }
}

fn push(place: &mut [[f64; 2]], a: usize, other: usize, rate: f64) {
    if a == other {
        return;
    }
    let delta = [place[a][0] - place[other][0], place[a][1] - place[other][1]];
    let squared = delta[0] * delta[0] + delta[1] * delta[1];
    let force = 2.0 * B / ((0.001 + squared) * (1.0 + A * libm::pow(squared, B)));
    for axis in 0..2 {
        place[a][axis] += clip(force * delta[axis]) * rate;
    }
}

/// The two directions of largest spread, scaled to 10 in the larger.
fn start(points: ArrayView2<'_, f32>) -> Vec<[f64; 2]> {
    let (n, d) = points.dim();
    let mean: Vec<f64> = (0..d)
        .map(|j| points.column(j).iter().map(|&v| f64::from(v)).sum::<f64>() / n.max(1) as f64)
        .collect();
    let centred: Vec<Vec<f64>> = points
        .outer_iter()
        .map(|row| row.iter().zip(&mean).map(|(&v, m)| f64::from(v) - m).collect())
        .collect();
    let first = direction(&centred, d, None);
    let second = direction(&centred, d, Some(&first));
    let project = |row: &[f64], axis: &[f64]| row.iter().zip(axis).map(|(x, w)| x * w).sum::<f64>();
    let mut place: Vec<[f64; 2]> =
        centred.iter().map(|row| [project(row, &first), project(row, &second)]).collect();
    let largest = place.iter().flatten().fold(0.0f64, |m, v| m.max(v.abs()));
    if largest > 0.0 {
        place.iter_mut().flatten().for_each(|v| *v *= 10.0 / largest);
    }
    place
}

/// Power iteration, orthogonal to `other`.
fn direction(rows: &[Vec<f64>], d: usize, other: Option<&[f64]>) -> Vec<f64> {
    let mut axis: Vec<f64> = (0..d).map(|j| 1.0 + 0.1 * ((j * 7) % 11) as f64).collect();
    for _ in 0..60 {
        if let Some(other) = other {
            let along: f64 = axis.iter().zip(other).map(|(a, o)| a * o).sum();
            axis.iter_mut().zip(other).for_each(|(a, o)| *a -= along * o);
        }
        let mut next = vec![0.0; d];
        for row in rows {
            let along: f64 = row.iter().zip(&axis).map(|(x, a)| x * a).sum();
            next.iter_mut().zip(row).for_each(|(n, x)| *n += along * x);
        }
        let norm = next.iter().map(|v| v * v).sum::<f64>().sqrt();
        if norm == 0.0 {
            break;
        }
        axis = next.into_iter().map(|v| v / norm).collect();
    }
    if let Some(other) = other {
        let along: f64 = axis.iter().zip(other).map(|(a, o)| a * o).sum();
        axis.iter_mut().zip(other).for_each(|(a, o)| *a -= along * o);
    }
    axis
}

/// Edges (from, to, weight) of the fuzzy union of every point's neighbourhood.
fn graph(points: ArrayView2<'_, f32>, k: usize) -> Vec<(usize, usize, f64)> {
    let n = points.nrows();
    let queries: Vec<Query> =
        (0..n).map(|i| Query { cell: CellId::from(i), group: i as u32, n: k }).collect();
    let near: Vec<Vec<(usize, f64)>> = nearest_of_many(points, &queries, |own, cell| cell.0 == own, |_| ())
        .into_iter()
        .map(|found| found.into_iter().map(|near| (near.cell.index(), near.distance)).collect())
        .collect();
    let mut weight = std::collections::BTreeMap::new();
    for (i, neighbours) in near.iter().enumerate() {
        let (closest, width) = bandwidth(neighbours, k);
        for &(j, distance) in neighbours {
            let w = libm::exp(-((distance - closest).max(0.0) / width));
            weight.insert((i, j), w);
        }
    }
    let mut edges = Vec::with_capacity(weight.len());
    for (&(i, j), &w) in &weight {
        let back = weight.get(&(j, i)).copied().unwrap_or(0.0);
        edges.push((i, j, w + back - w * back));
        if back == 0.0 {
            edges.push((j, i, w));
        }
    }
    edges
}

/// Distance to the nearest other point, and the width at which the memberships sum to log2(k).
fn bandwidth(neighbours: &[(usize, f64)], k: usize) -> (f64, f64) {
    let closest = neighbours.iter().map(|n| n.1).find(|&d| d > 0.0).unwrap_or(0.0);
    let target = (k as f64).log2();
    let (mut low, mut high, mut width) = (0.0, f64::INFINITY, 1.0);
    for _ in 0..64 {
        let sum: f64 = neighbours.iter().map(|n| libm::exp(-((n.1 - closest).max(0.0) / width))).sum();
        if (sum - target).abs() < 1e-5 {
            break;
        }
        if sum > target {
            high = width;
            width = f64::midpoint(low, high);
        } else {
            low = width;
            width = if high.is_finite() { f64::midpoint(low, high) } else { width * 2.0 };
        }
    }
    let mean = neighbours.iter().map(|n| n.1).sum::<f64>() / neighbours.len().max(1) as f64;
    (closest, width.max(1e-3 * mean).max(1e-12))
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
}
