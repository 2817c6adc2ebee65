//! Counts of some of many cells, found by the cells' places among all.

use super::CountMatrix;
use crate::ids::CellId;

/// Counts of all cells, or of those that were fetched because they are needed now.
///
/// ```
/// use cellprism_core::{cells::{CountMatrix, SomeCells}, ids::CellId};
///
/// let fetched = CountMatrix::from_dense(2, 2, &[0.0, 5.0, 1.0, 0.0])?;
/// let ids = [CellId(7), CellId(900)];
/// let some = SomeCells::of(&ids, &fetched);
/// assert_eq!(some.get(CellId(900), 0), 1.0);
/// assert_eq!(SomeCells::from(&fetched).get(CellId(0), 1), 5.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SomeCells<'a> {
    /// Ascending; nothing where all cells are there.
    ids: Option<&'a [CellId]>,
    counts: &'a CountMatrix,
}

impl<'a> SomeCells<'a> {
    /// Row i of `counts` is the cell `ids[i]`.
    ///
    /// # Panics
    /// If `ids` do not rise, or there are not as many as rows.
    pub fn of(ids: &'a [CellId], counts: &'a CountMatrix) -> Self {
        assert!(ids.is_sorted_by(|a, b| a < b) && ids.len() == counts.rows, "a row for each cell, ascending");
        Self { ids: Some(ids), counts }
    }

    /// Genes.
    pub fn genes(&self) -> usize {
        self.counts.cols
    }

    /// The counts, row by row.
    pub fn counts(&self) -> &'a CountMatrix {
        self.counts
    }

    /// Every cell with its genes and counts.
    pub fn iter(&self) -> impl Iterator<Item = (CellId, (&'a [u32], &'a [f32]))> {
        let (ids, counts) = (self.ids, self.counts);
        (0..counts.rows).map(move |row| (ids.map_or(CellId::from(row), |ids| ids[row]), counts.row(row)))
    }

    /// The row of a cell.
    ///
    /// # Panics
    /// If it is not among these.
    pub fn place(&self, cell: CellId) -> usize {
        match self.ids {
            None => cell.index(),
            Some(ids) => ids.binary_search(&cell).expect("a cell that was fetched"),
        }
    }

    /// Genes and counts of a cell.
    ///
    /// # Panics
    /// If it is not among these.
    pub fn row(&self, cell: CellId) -> (&'a [u32], &'a [f32]) {
        self.counts.row(self.place(cell))
    }

    /// One count; 0 where none is stored.
    ///
    /// # Panics
    /// If the cell is not among these.
    pub fn get(&self, cell: CellId, gene: usize) -> f32 {
        self.counts.get(self.place(cell), gene)
    }
}

impl<'a> From<&'a CountMatrix> for SomeCells<'a> {
    fn from(counts: &'a CountMatrix) -> Self {
        Self { ids: None, counts }
    }
}
