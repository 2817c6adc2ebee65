//! Counts of the cells that one concept is read from, fetched from those of all.

use cellprism_core::{
    attribution::ConceptCells,
    cells::{CountMatrix, SomeCells},
    ids::CellId,
};

use crate::models::Counted;

/// Some cells with their counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetched {
    ids: Vec<CellId>,
    /// The model's genes, in its order.
    counts: CountMatrix,
    /// Sums of all measured counts.
    totals: Vec<f64>,
}

impl Fetched {
    /// The counts of these cells, which rise, of all in `counts`.
    pub fn of(ids: Vec<CellId>, counts: &CountMatrix, totals: &[f64]) -> Self {
        let rows: Vec<usize> = ids.iter().map(|cell| cell.index()).collect();
        let totals = rows.iter().map(|&row| totals[row]).collect();
        Self { counts: counts.select_rows(&rows), ids, totals }
    }

    /// The cells, for a model to swap genes among.
    pub fn counted(&self) -> Counted<'_> {
        Counted { model: self.cells(), totals: &self.totals }
    }

    /// The cells.
    pub fn cells(&self) -> SomeCells<'_> {
        SomeCells::of(&self.ids, &self.counts)
    }
}

/// Every cell in which genes are swapped or from which they are taken, ascending.
pub fn every_cell<'a>(of: impl IntoIterator<Item = &'a ConceptCells>) -> Vec<CellId> {
    let mut all: Vec<CellId> = Vec::new();
    for cells in of {
        all.extend(cells.prototypes.iter().map(|prototype| prototype.0));
        all.extend(cells.counterfactuals.iter().flatten().map(|near| near.cell));
    }
    all.sort_unstable();
    all.dedup();
    all
}
