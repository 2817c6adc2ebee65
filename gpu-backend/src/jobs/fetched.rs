//! Counts of the cells that one concept is read from, fetched from those of all.

use cellprism_core::{
    attribution::ConceptCells,
    cells::{CountMatrix, GeneMap, SomeCells},
    ids::CellId,
};

use crate::{models::Counted, work::counts::CountStore};

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
    /// Fetches these cells, which rise; `map` are the model's genes in the data.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn of(ids: Vec<CellId>, store: &CountStore, map: &GeneMap) -> anyhow::Result<Self> {
        let counts = map.apply(&store.fetch(&ids)?).into_owned();
        let totals = ids.iter().map(|cell| store.totals()[cell.index()]).collect();
        Ok(Self { ids, counts, totals })
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
