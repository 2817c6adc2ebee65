//! The fuzzy union of every point's neighbourhood, by rows.

use crate::{embedding::nearest::Neighbours, parallel};

/// Edges of every point, in both directions. How often an edge pulls is its weight in units of the heaviest.
pub(super) struct Graph {
    /// Where a point's edges begin.
    begins: Vec<usize>,
    /// Their other ends, in order.
    ends: Vec<u32>,
    /// Pulls in a pass, at most 1.
    rates: Vec<f32>,
}

impl Graph {
    /// Edges that would never pull in `epochs` passes are left out.
    pub(super) fn new(near: Neighbours, epochs: usize) -> Self {
        let n = near.cells.len() / near.each.max(1);
        let weights: Vec<f32> = parallel::map(n, |i| memberships(&near, i)).into_iter().flatten().collect();
        let back = Back::new(&near, &weights, n);
        let rows = parallel::map(n, |i| union(&near, &weights, &back, i));
        drop((near, weights, back));
        let heaviest = rows.iter().flatten().map(|e| e.1).fold(0.0f32, f32::max);
        let least = heaviest / epochs.max(1) as f32;
        let mut graph = Self { begins: vec![0], ends: Vec::new(), rates: Vec::new() };
        for row in rows {
            for (end, weight) in row.into_iter().filter(|e| e.1 >= least && e.1 > 0.0) {
                graph.ends.push(end);
                graph.rates.push(weight / heaviest);
            }
            graph.begins.push(graph.ends.len());
        }
        graph
    }

    /// Other ends of a point's edges, and how often each pulls in this pass.
    pub(super) fn of(&self, point: usize, epoch: usize) -> impl Iterator<Item = (usize, u32)> + '_ {
        let row = self.begins[point]..self.begins[point + 1];
        self.ends[row.clone()].iter().zip(&self.rates[row]).filter_map(move |(&end, &rate)| {
            let until = |epoch: usize| (epoch as f32 * rate) as u32;
            let pulls = until(epoch + 1) - until(epoch);
            (pulls > 0).then_some((end as usize, pulls))
        })
    }
}

/// Edges that lead to a point, by rows.
struct Back {
    begins: Vec<usize>,
    from: Vec<u32>,
    weights: Vec<f32>,
}

impl Back {
    fn new(near: &Neighbours, weights: &[f32], n: usize) -> Self {
        let mut begins = vec![0usize; n + 1];
        for &end in near.cells.iter().filter(|&&end| end != u32::MAX) {
            begins[end as usize + 1] += 1;
        }
        for i in 0..n {
            begins[i + 1] += begins[i];
        }
        let mut next = begins.clone();
        let mut back = Self { from: vec![0; begins[n]], weights: vec![0.0; begins[n]], begins };
        for i in 0..n {
            for (slot, (end, _)) in near.of(i).enumerate() {
                back.from[next[end]] = i as u32;
                back.weights[next[end]] = weights[i * near.each + slot];
                next[end] += 1;
            }
        }
        back
    }
}

/// Weight of every neighbour: w + w' − w·w' where both know each other.
fn union(near: &Neighbours, weights: &[f32], back: &Back, point: usize) -> Vec<(u32, f32)> {
    let mut edges: Vec<(u32, f32)> = near
        .of(point)
        .enumerate()
        .map(|(slot, (end, _))| (end as u32, weights[point * near.each + slot]))
        .collect();
    let row = back.begins[point]..back.begins[point + 1];
    edges.extend(back.from[row.clone()].iter().copied().zip(back.weights[row].iter().copied()));
    edges.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    edges.dedup_by(|second, first| {
        let same = second.0 == first.0;
        if same {
            first.1 = first.1 + second.1 - first.1 * second.1;
        }
        same
    });
    edges
}

/// How much each neighbour of a point belongs to it.
fn memberships(near: &Neighbours, point: usize) -> Vec<f32> {
    let distances: Vec<f64> = near.of(point).map(|(_, distance)| f64::from(distance)).collect();
    let (closest, width) = bandwidth(&distances, near.each);
    let mut weights: Vec<f32> =
        distances.iter().map(|d| libm::exp(-((d - closest).max(0.0) / width)) as f32).collect();
    weights.resize(near.each, 0.0);
    weights
}

/// Distance to the nearest other point, and the width at which the memberships sum to log2(k).
fn bandwidth(distances: &[f64], k: usize) -> (f64, f64) {
    let closest = distances.iter().copied().find(|&d| d > 0.0).unwrap_or(0.0);
    let target = (k as f64).log2();
    let (mut low, mut high, mut width) = (0.0, f64::INFINITY, 1.0);
    for _ in 0..64 {
        let sum: f64 = distances.iter().map(|d| libm::exp(-((d - closest).max(0.0) / width))).sum();
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
    let mean = distances.iter().sum::<f64>() / distances.len().max(1) as f64;
    (closest, width.max(1e-3 * mean).max(1e-12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_pulls_as_often_as_its_weight_says_and_from_both_ends() {
        // 0 and 1 know each other; 2 knows 1 only.
        let near = Neighbours { each: 1, cells: vec![1, 0, 1], distances: vec![1.0, 1.0, 3.0], found: None };
        let graph = Graph::new(near, 10);
        let pulls = |point: usize| {
            let mut all = vec![0; 3];
            for epoch in 0..10 {
                graph.of(point, epoch).for_each(|(end, n)| all[end] += n);
            }
            all
        };
        // Each knows its only neighbour wholly: every weight is 1.
        assert_eq!((pulls(0), pulls(1), pulls(2)), (vec![0, 10, 0], vec![10, 0, 10], vec![0, 10, 0]));
    }
}
