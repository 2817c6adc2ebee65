//! Neighbours of every cell where comparing all pairs would take too long: cells are divided into small groups of near
//! ones, and each cell is compared, exactly, with those of the nearest groups.
//!
//! The division is a tree of balanced cuts, each halfway between two centres (two-means of some of the cells, started from
//! seeded cells), so that a group has at most [`GROUP`] cells whatever the data. A second tree of other seeds finds
//! most of what lies across a border of the first. No result depends on the number of threads.

use ndarray::{Array2, ArrayView2};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Query, nearest_of_many};
use crate::{ids::CellId, parallel};

/// Most cells of a group.
const GROUP: usize = 256;
/// Groups that are compared with each, itself among them.
const COMPARED: usize = 24;
/// Divisions.
const TREES: u64 = 2;
/// Cells from which the two centres of a cut are made, and passes over them.
const SEEN: usize = 128;
const PASSES: usize = 4;

/// Up to this many cells all pairs are compared.
pub const EXACT: usize = 30_000;
/// Cells whose true neighbours are looked for to say how many were found.
const ASKED: usize = 500;

/// The nearest other cells of every cell, as many of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Neighbours {
    /// Neighbours of each cell.
    pub each: usize,
    /// `[cells, each]`, nearest first; `u32::MAX` where there is none.
    pub cells: Vec<u32>,
    /// Their distances, infinite where there is none.
    pub distances: Vec<f32>,
    /// Share of the true neighbours that were found, among 500 cells; none where all pairs were compared.
    pub found: Option<f64>,
}

impl Neighbours {
    fn none(cells: usize, each: usize) -> Self {
        Self {
            each,
            cells: vec![u32::MAX; cells * each],
            distances: vec![f32::INFINITY; cells * each],
            found: None,
        }
    }

    /// Neighbours of a cell with their distances, nearest first.
    pub fn of(&self, cell: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
        let places = cell * self.each..(cell + 1) * self.each;
        let known = self.cells[places.clone()].iter().zip(&self.distances[places]);
        known.take_while(|(cell, _)| **cell != u32::MAX).map(|(&cell, &distance)| (cell as usize, distance))
    }
}

/// The `each` nearest other cells of every row of `points` by Euclidean distance: exact up to [`EXACT`] cells, beyond that
/// most of them (the share is counted). The same for any number of threads. `done` is told how many cells are finished.
///
/// Beside the points this takes 8 bytes a neighbour.
///
/// ```
/// use cellprism_core::embedding::nearest::neighbours_of_all;
/// use ndarray::array;
///
/// let near = neighbours_of_all(array![[0.0], [1.0], [5.0]].view(), 1, 1, &|_| {});
/// assert_eq!(near.cells, [1, 0, 1]);
/// ```
pub fn neighbours_of_all(
    points: ArrayView2<'_, f32>,
    each: usize,
    seed: u64,
    done: &(dyn Fn(usize) + Sync),
) -> Neighbours {
    let n = points.nrows();
    let each = each.min(n.saturating_sub(1));
    if n <= EXACT {
        let mut near = Neighbours::none(n, each);
        let all: Vec<u32> = (0..n as u32).collect();
        for (cell, found) in exact(points, &all, each, done).into_iter().enumerate() {
            put(&mut near, cell, found);
        }
        return near;
    }
    by_groups(points, each, seed, done)
}

fn by_groups(
    points: ArrayView2<'_, f32>,
    each: usize,
    seed: u64,
    done: &(dyn Fn(usize) + Sync),
) -> Neighbours {
    let n = points.nrows();
    let mut near = Neighbours::none(n, each);
    for tree in 0..TREES {
        let groups = groups(points, seed.wrapping_add(tree));
        let compared = nearest_groups(points, &groups);
        let found = parallel::map(groups.len(), |group| {
            let found = within(points, &groups, &compared[group], each);
            if tree == 0 {
                done(groups[group].len());
            }
            found
        });
        for (group, found) in groups.iter().zip(found) {
            for (&cell, found) in group.iter().zip(found) {
                put(&mut near, cell as usize, found);
            }
        }
    }
    near.found = Some(share_found(points, &near, seed));
    near
}

/// Neighbours of the cells of the first of some groups, among the cells of all of them.
fn within(
    points: ArrayView2<'_, f32>,
    groups: &[Vec<u32>],
    compared: &[usize],
    each: usize,
) -> Vec<Vec<(u32, f32)>> {
    let members: Vec<u32> = compared.iter().flat_map(|&group| groups[group].iter().copied()).collect();
    let own = groups[compared[0]].len();
    let mut rows = Array2::zeros((members.len(), points.ncols()));
    for (mut row, &cell) in rows.outer_iter_mut().zip(&members) {
        row.assign(&points.row(cell as usize));
    }
    let queries: Vec<Query> =
        (0..own).map(|i| Query { cell: CellId::from(i), group: i as u32, n: each }).collect();
    nearest_of_many(rows.view(), &queries, |own, cell| cell.0 == own, |_| ())
        .into_iter()
        .map(|found| found.iter().map(|n| (members[n.cell.index()], n.distance as f32)).collect())
        .collect()
}

fn exact(
    points: ArrayView2<'_, f32>,
    cells: &[u32],
    each: usize,
    done: &(dyn Fn(usize) + Sync),
) -> Vec<Vec<(u32, f32)>> {
    let queries: Vec<Query> =
        cells.iter().map(|&cell| Query { cell: CellId(cell), group: cell, n: each }).collect();
    nearest_of_many(points, &queries, |own, cell| cell.0 == own, done)
        .into_iter()
        .map(|found| found.iter().map(|n| (n.cell.0, n.distance as f32)).collect())
        .collect()
}

/// Takes neighbours in: the nearest of those known and those found.
fn put(near: &mut Neighbours, cell: usize, found: Vec<(u32, f32)>) {
    let mut all: Vec<(u32, f32)> = near.of(cell).map(|(cell, distance)| (cell as u32, distance)).collect();
    all.extend(found);
    all.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    all.dedup();
    for (place, (other, distance)) in all.into_iter().take(near.each).enumerate() {
        near.cells[cell * near.each + place] = other;
        near.distances[cell * near.each + place] = distance;
    }
}

/// Share of the true neighbours that were found, for cells all over the file.
fn share_found(points: ArrayView2<'_, f32>, near: &Neighbours, seed: u64) -> f64 {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let n = points.nrows() as u64;
    let asked: Vec<u32> = (0..ASKED).map(|_| (rng.next_u64() % n) as u32).collect();
    let (mut found, mut all) = (0usize, 0usize);
    for (&cell, truth) in asked.iter().zip(exact(points, &asked, near.each, &|_| ())) {
        // Of cells at the same distance any will do.
        let last = truth.last().map_or(0.0, |last| last.1);
        found += near.of(cell as usize).filter(|&(_, distance)| distance <= last).count().min(truth.len());
        all += truth.len();
    }
    found as f64 / all.max(1) as f64
}

/// Every cell in one group.
fn groups(points: ArrayView2<'_, f32>, seed: u64) -> Vec<Vec<u32>> {
    let mut open = vec![(0..points.nrows() as u32).collect::<Vec<u32>>()];
    let mut level = 0u64;
    while open.iter().any(|group| group.len() > GROUP) {
        let cut = parallel::map(open.len(), |i| {
            if open[i].len() <= GROUP {
                return vec![open[i].clone()];
            }
            cut(points, &open[i], seed ^ (level << 48) ^ ((i as u64 + 1) << 16))
        });
        open = cut.into_iter().flatten().collect();
        level += 1;
    }
    open
}

/// Two halves, by how much nearer a cell is to one of two centres than to the other.
fn cut(points: ArrayView2<'_, f32>, group: &[u32], seed: u64) -> Vec<Vec<u32>> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let axis = axis(points, group, &mut rng);
    let mut placed: Vec<(f32, u32)> = group
        .iter()
        .map(|&cell| (points.row(cell as usize).iter().zip(&axis).map(|(x, a)| x * a).sum(), cell))
        .collect();
    let half = placed.len() / 2;
    placed.select_nth_unstable_by(half, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let side = |part: &[(f32, u32)]| {
        let mut cells: Vec<u32> = part.iter().map(|p| p.1).collect();
        cells.sort_unstable();
        cells
    };
    vec![side(&placed[..half]), side(&placed[half..])]
}

/// From one of two centres to the other.
fn axis(points: ArrayView2<'_, f32>, group: &[u32], rng: &mut Xoshiro256PlusPlus) -> Vec<f32> {
    let some: Vec<u32> = (0..SEEN).map(|_| group[(rng.next_u64() % group.len() as u64) as usize]).collect();
    let centre = |cell: u32| points.row(cell as usize).to_vec();
    let mut centres = [centre(some[0]), centre(some[SEEN / 2])];
    for _ in 0..PASSES {
        let mut sums = [vec![0.0f32; points.ncols()], vec![0.0f32; points.ncols()]];
        let mut sizes = [0.0f32; 2];
        for &cell in &some {
            let row = points.row(cell as usize);
            let far = |centre: &[f32]| row.iter().zip(centre).map(|(x, c)| (x - c) * (x - c)).sum::<f32>();
            let side = usize::from(far(&centres[1]) < far(&centres[0]));
            sums[side].iter_mut().zip(row).for_each(|(s, x)| *s += x);
            sizes[side] += 1.0;
        }
        for (centre, (sum, size)) in centres.iter_mut().zip(sums.into_iter().zip(sizes)) {
            if size > 0.0 {
                *centre = sum.into_iter().map(|s| s / size).collect();
            }
        }
    }
    centres[1].iter().zip(&centres[0]).map(|(b, a)| b - a).collect()
}

/// For each group the groups whose centres are nearest to its own: itself first.
fn nearest_groups(points: ArrayView2<'_, f32>, groups: &[Vec<u32>]) -> Vec<Vec<usize>> {
    let centres = parallel::map(groups.len(), |i| {
        let mut sum = vec![0.0f32; points.ncols()];
        for &cell in &groups[i] {
            sum.iter_mut().zip(points.row(cell as usize)).for_each(|(s, x)| *s += x);
        }
        sum.into_iter().map(|s| s / groups[i].len().max(1) as f32).collect::<Vec<f32>>()
    });
    parallel::map(groups.len(), |i| {
        let far = |other: &[f32]| centres[i].iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
        let mut order: Vec<(f32, usize)> =
            centres.iter().enumerate().filter(|(j, _)| *j != i).map(|(j, c)| (far(c), j)).collect();
        let wanted = (COMPARED - 1).min(order.len());
        if wanted < order.len() {
            order.select_nth_unstable_by(wanted, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        }
        let mut nearest: Vec<usize> = order[..wanted].iter().map(|o| o.1).collect();
        nearest.sort_unstable();
        nearest.insert(0, i);
        nearest
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(n: usize, d: usize) -> Array2<f32> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
        let mut uniform = || (rng.next_u32() >> 8) as f32 / (1 << 24) as f32;
        let centres: Vec<f32> = (0..7 * d).map(|_| 4.0 * uniform()).collect();
        Array2::from_shape_fn((n, d), |(i, j)| {
            centres[(i % 7) * d + j] + (0..4).map(|_| uniform()).sum::<f32>() - 2.0
        })
    }

    #[test]
    fn groups_hold_every_cell_once_even_where_all_are_equal() {
        for points in [points(3000, 5), Array2::zeros((3000, 5)), Array2::from_elem((3000, 2), f32::NAN)] {
            let groups = groups(points.view(), 3);
            let mut all: Vec<u32> = groups.iter().flatten().copied().collect();
            all.sort_unstable();
            assert_eq!(all, (0..3000).collect::<Vec<u32>>());
            assert!(groups.iter().all(|group| group.len() <= GROUP));
        }
    }

    #[test]
    fn most_true_neighbours_are_found_at_their_true_distances() {
        let points = points(20_000, 10);
        let near = by_groups(points.view(), 10, 1, &|_| ());
        assert!(near.found.is_some_and(|found| found > 0.95), "{:?}", near.found);
        for cell in (0..20_000).step_by(997) {
            for (other, distance) in near.of(cell) {
                let true_distance = points
                    .row(cell)
                    .iter()
                    .zip(points.row(other))
                    .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2))
                    .sum::<f64>()
                    .sqrt();
                assert_eq!(distance, true_distance as f32);
            }
        }
    }

    #[test]
    fn a_few_cells_have_fewer_neighbours() {
        let near = neighbours_of_all(Array2::zeros((3, 2)).view(), 15, 1, &|_| ());
        assert_eq!((near.each, near.of(0).collect::<Vec<_>>()), (2, vec![(1, 0.0), (2, 0.0)]));
        assert_eq!(neighbours_of_all(Array2::zeros((0, 2)).view(), 15, 1, &|_| ()).cells, [0u32; 0]);
    }
}
