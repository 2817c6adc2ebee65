//! The reader's cells placed among the bundle's: the nearest ones in embedding space. No new map is made.

use cellprism_core::{
    cells::Column,
    embedding::nearest::{Query, nearest_of_many},
    ids::CellId,
};
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

/// Multiplications that may be spent: some seconds.
const MOST_WORK: u64 = 12_000_000_000;
/// Most of the reader's cells that are placed.
pub const MOST_PLACED: usize = 4_000;
/// The bundle's own cells whose distance to their nearest is the measure.
const MEASURED: usize = 400;

/// Where some of the reader's cells lie.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// Their places in the reader's file.
    pub cells: Vec<u32>,
    /// The nearest cell of the bundle to each.
    pub nearest: Vec<u32>,
    /// Distance to it.
    pub distance: Vec<f32>,
    /// Median distance.
    pub median: f64,
    /// Median distance of the bundle's own cells to their nearest other cell.
    pub own_median: f64,
    /// Cells that are as far as no more than one in a hundred of the bundle's own is.
    pub far: u32,
    /// Their codes in each column of metadata that has labels.
    pub labels: Vec<PlacedLabels>,
    /// Concepts active in each of them, with the activation.
    pub active: Vec<Vec<(u32, f32)>>,
}

/// Labels of the cells that were placed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlacedLabels {
    /// The column's name.
    pub column: String,
    /// A code for each cell that was placed; beyond the column's labels for a cell without one.
    pub codes: Vec<u16>,
}

/// Some cells of many, spread evenly: every so many-th, thinned out as more come.
#[derive(Debug, Default)]
pub struct Spread {
    width: usize,
    step: u32,
    most: usize,
    cells: Vec<u32>,
    values: Vec<f32>,
    active: Vec<Vec<(u32, f32)>>,
}

impl Spread {
    /// Of embeddings of so many dimensions, at most so many.
    pub fn new(width: usize, most: usize) -> Self {
        Self { width, step: 1, most: most.max(2), ..Self::default() }
    }

    /// The cell of that place, with the concepts that are active in it.
    pub fn offer(&mut self, cell: u32, embedding: &[f32], active: impl Iterator<Item = (u32, f32)>) {
        if !cell.is_multiple_of(self.step) {
            return;
        }
        if self.cells.len() >= self.most {
            self.step *= 2;
            let keep: Vec<bool> = self.cells.iter().map(|cell| cell.is_multiple_of(self.step)).collect();
            let (mut rows, mut readings) = (keep.iter(), keep.iter());
            let width = self.width;
            let kept = self.values.chunks_exact(width).zip(&keep).filter(|(_, keep)| **keep);
            self.values = kept.flat_map(|(row, _)| row.iter().copied()).collect();
            self.cells.retain(|_| rows.next().is_some_and(|keep| *keep));
            self.active.retain(|_| readings.next().is_some_and(|keep| *keep));
            if !cell.is_multiple_of(self.step) {
                return;
            }
        }
        self.cells.push(cell);
        self.values.extend_from_slice(embedding);
        self.active.push(active.collect());
    }

    /// How many may be placed among so many cells of the bundle.
    pub fn most(bundle: usize, width: usize) -> usize {
        let each = (bundle as u64).saturating_mul(width as u64).max(1);
        usize::try_from(MOST_WORK / each).unwrap_or(usize::MAX).clamp(50, MOST_PLACED)
    }

    /// The nearest of the bundle's cells to each; labels as the columns have them.
    ///
    /// # Errors
    /// In words, if the embeddings are of another size.
    pub fn place(self, bundle: ArrayView2<'_, f32>, columns: &[Column]) -> Result<Placed, String> {
        let (n, width) = bundle.dim();
        if width != self.width || n < 2 {
            return Err(format!("the bundle's embeddings have {width} dimensions, these {}", self.width));
        }
        let mut all = bundle.iter().copied().collect::<Vec<f32>>();
        all.extend_from_slice(&self.values);
        let all = Array2::from_shape_vec((n + self.cells.len(), width), all).map_err(|e| e.to_string())?;
        let own =
            (0..self.cells.len()).map(|i| Query { cell: CellId((n + i) as u32), group: u32::MAX, n: 1 });
        let step = n.div_ceil(MEASURED);
        let measured = (0..n).step_by(step).map(|i| Query { cell: CellId(i as u32), group: i as u32, n: 1 });
        let queries: Vec<Query> = own.chain(measured).collect();
        let excluded = |group: u32, cell: CellId| cell.index() >= n || cell.0 == group;
        let found = nearest_of_many(all.view(), &queries, excluded, |_| {});
        let distances = |found: &[Vec<cellprism_core::embedding::nearest::Neighbour>]| {
            let mut all: Vec<f64> = found.iter().flatten().map(|near| near.distance).collect();
            all.sort_by(f64::total_cmp);
            all
        };
        let (own, measured) = found.split_at(self.cells.len());
        let measured = distances(measured);
        let usual = measured.get(measured.len() * 99 / 100).copied().unwrap_or(f64::INFINITY);
        let codes = |column: &Column| {
            self.cells
                .iter()
                .map(|&cell| column.codes.get(cell as usize).copied().unwrap_or(u16::MAX))
                .collect()
        };
        let labels =
            columns.iter().map(|column| PlacedLabels { column: column.name.clone(), codes: codes(column) });
        Ok(Placed {
            labels: labels.collect(),
            active: self.active,
            nearest: own.iter().flatten().map(|near| near.cell.0).collect(),
            distance: own.iter().flatten().map(|near| near.distance as f32).collect(),
            median: median(&distances(own)),
            own_median: median(&measured),
            far: own.iter().flatten().filter(|near| near.distance > usual).count() as u32,
            cells: self.cells,
        })
    }
}

fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn a_bundles_own_cells_lie_on_themselves_and_strange_ones_are_far() {
        let bundle = Array2::from_shape_fn((50, 2), |(i, j)| (i * (j + 1)) as f32);
        let mut spread = Spread::new(2, 100);
        for cell in [7u32, 31] {
            spread.offer(cell, &bundle.row(cell as usize).to_vec(), [(cell, 1.5)].into_iter());
        }
        spread.offer(40, &[-500.0, 0.0], std::iter::empty());
        let column = Column {
            name: "type".into(),
            labels: vec!["B".into(), "T".into()],
            codes: (0..40).map(|i| i % 2).collect(),
        };
        let placed = spread.place(bundle.view(), &[column]).unwrap();
        assert_eq!(placed.labels, [PlacedLabels { column: "type".into(), codes: vec![1, 1, u16::MAX] }]);
        assert_eq!(placed.active, [vec![(7, 1.5)], vec![(31, 1.5)], vec![]]);
        assert_eq!((placed.nearest.as_slice(), placed.far), ([7, 31, 0].as_slice(), 1));
        assert_eq!((placed.distance[0], placed.median), (0.0, 0.0));
        assert!((placed.own_median - 5f64.sqrt()).abs() < 1e-6);
        assert!(Spread::new(3, 9).place(bundle.view(), &[]).unwrap_err().contains("2 dimensions"));
    }

    #[test]
    fn as_more_cells_come_they_are_thinned_out_evenly() {
        let mut spread = Spread::new(1, 8);
        (0..100).for_each(|cell| spread.offer(cell, &[cell as f32], [(cell, 1.0)].into_iter()));
        assert_eq!(spread.cells, [0, 16, 32, 48, 64, 80, 96]);
        assert_eq!(spread.active, spread.cells.iter().map(|&cell| vec![(cell, 1.0)]).collect::<Vec<_>>());
        assert_eq!(spread.values, spread.cells.iter().map(|&cell| cell as f32).collect::<Vec<_>>());
    }
}
