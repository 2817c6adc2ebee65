//! Loss and gradient of a block of sparse cells, some of them at a time and feature by feature: the weights of a feature are read once
//! for all cells of a tile, its gradient is written once, and what the cells need stays near. Row by row, every entry of a cell
//! would fetch weights, and gradients, from anywhere in some hundred kilobytes.

use super::{
    lanes::multiply_add_to,
    residuals::{Losses, residuals_held},
};
use crate::classification::{Features, Row};

/// Numbers of all cells of a tile: 128 kB stay in the second cache, and so many cells share the reading of all weights.
const NUMBERS: usize = 16_384;

/// The entries of a block by tile, within a tile by feature, within a feature by cell.
#[derive(Debug, PartialEq)]
pub(super) struct Tiles {
    tiles: Vec<Tile>,
    runs: Vec<Run>,
    entries: Vec<Entry>,
}

/// Some of the cells that follow each other.
#[derive(Debug, PartialEq)]
struct Tile {
    cells: usize,
    runs: usize,
}

/// Entries of one feature.
#[derive(Debug, PartialEq)]
struct Run {
    feature: u32,
    entries: u32,
}

/// A value and the place of its cell within the tile.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Entry {
    cell: u32,
    value: f32,
}

impl Tiles {
    /// Of the cells `rows`, of which each takes `stride` numbers; none where features are dense.
    pub(super) fn of(features: &Features, rows: &[usize], stride: usize) -> Option<Self> {
        let Features::Sparse { width, .. } = features else { return None };
        let most = (NUMBERS / stride).clamp(32, 1024);
        let sparse = |row: usize| match features.row(row) {
            Row::Sparse(indices, values) => (indices, values),
            Row::Dense(_) => (&[][..], &[][..]),
        };
        let entries = rows.iter().map(|&row| sparse(row).0.len()).sum();
        let mut tiles = Self { tiles: Vec::new(), runs: Vec::new(), entries: Vec::with_capacity(entries) };
        // How many entries a feature has in this tile, then where the next one goes; zeros between tiles.
        let mut places = vec![0u32; *width];
        let mut seen: Vec<u32> = Vec::new();
        for some in rows.chunks(most) {
            seen.clear();
            for &row in some {
                for &feature in sparse(row).0 {
                    let place = &mut places[feature as usize];
                    if *place == 0 {
                        seen.push(feature);
                    }
                    *place += 1;
                }
            }
            if seen.len() > *width / 4 {
                seen.clear();
                seen.extend((0..*width as u32).filter(|&feature| places[feature as usize] > 0));
            } else {
                seen.sort_unstable();
            }
            let start = tiles.entries.len();
            let mut next = 0;
            for &feature in &seen {
                let entries = std::mem::replace(&mut places[feature as usize], next);
                tiles.runs.push(Run { feature, entries });
                next += entries;
            }
            tiles.tiles.push(Tile { cells: some.len(), runs: seen.len() });
            tiles.entries.resize(start + next as usize, Entry::default());
            for (cell, &row) in some.iter().enumerate() {
                let (indices, values) = sparse(row);
                for (&feature, &value) in indices.iter().zip(values) {
                    let place = &mut places[feature as usize];
                    tiles.entries[start + *place as usize] = Entry { cell: cell as u32, value };
                    *place += 1;
                }
            }
            seen.iter().for_each(|&feature| places[feature as usize] = 0);
        }
        Some(tiles)
    }

    /// The sums of [`super::by_row::line_held`], each in the same order.
    #[inline(always)]
    pub(super) fn line<const N: usize>(&self, weights: &[[f64; N]], line: &mut [[f64; N]]) {
        let width = weights.len() - 1;
        let (mut runs, mut rest, mut line) = (&self.runs[..], &self.entries[..], line);
        for tile in &self.tiles {
            let (own_runs, other_runs) = runs.split_at(tile.runs);
            let (found, others) = line.split_at_mut(tile.cells);
            found.fill(weights[width]);
            for run in own_runs {
                let (own, other) = rest.split_at(run.entries as usize);
                let weights = weights[run.feature as usize];
                for entry in own {
                    multiply_add_to(&mut found[entry.cell as usize], f64::from(entry.value), &weights);
                }
                rest = other;
            }
            (runs, line) = (other_runs, others);
        }
    }

    /// The sums of [`super::by_row::gradient_held`], each in the same order.
    #[inline(always)]
    pub(super) fn gradient<const N: usize>(
        &self,
        functions: &[[f64; N]],
        classes: &[usize],
        outputs: usize,
        gradient: &mut [[f64; N]],
    ) -> f64 {
        let (width, mut loss) = (gradient.len() - 1, Losses::new());
        let most = self.tiles.iter().map(|tile| tile.cells).max().unwrap_or(0);
        let mut found = vec![[0.0; N]; most];
        let (mut runs, mut rest) = (&self.runs[..], &self.entries[..]);
        let (mut functions, mut classes) = (functions, classes);
        for tile in &self.tiles {
            let found = &mut found[..tile.cells];
            let (own_runs, other_runs) = runs.split_at(tile.runs);
            let (own_classes, other_classes) = classes.split_at(tile.cells);
            let (own_functions, other_functions) = functions.split_at(tile.cells);
            found.copy_from_slice(own_functions);
            for (found, &class) in found.iter_mut().zip(own_classes) {
                loss.add(residuals_held(found, outputs, class));
                multiply_add_to(&mut gradient[width], 1.0, found);
            }
            for run in own_runs {
                let (own, other) = rest.split_at(run.entries as usize);
                let mut sum = gradient[run.feature as usize];
                for entry in own {
                    multiply_add_to(&mut sum, f64::from(entry.value), &found[entry.cell as usize]);
                }
                gradient[run.feature as usize] = sum;
                rest = other;
            }
            (runs, classes, functions) = (other_runs, other_classes, other_functions);
        }
        loss.total()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_lie_by_feature_within_a_tile() {
        let features =
            Features::from_codes(4, 2, &[3, 1, 1, 0, 3, 0], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        let found = Tiles::of(&features, &[2, 0, 1], 4).unwrap();
        let run = |feature, entries| Run { feature, entries };
        assert_eq!(found.tiles, [Tile { cells: 3, runs: 3 }]);
        assert_eq!(found.runs, [run(0, 2), run(1, 2), run(3, 2)]);
        let entry = |(cell, value)| Entry { cell, value };
        assert_eq!(found.entries, [(0, 6.0), (2, 4.0), (1, 2.0), (2, 3.0), (0, 5.0), (1, 1.0)].map(entry));
        // a hundred cells of 512 numbers are four tiles, each with its own runs
        let many = Tiles::of(&features, &[0; 100], 512).unwrap();
        assert_eq!(many.tiles.iter().map(|tile| tile.cells).collect::<Vec<_>>(), [32, 32, 32, 4]);
        assert_eq!((many.runs.len(), many.entries.len()), (8, 200));
    }
}
