//! Counts of the cells that a concept is read from, so that the page can read it again.

use std::collections::HashMap;

use cellprism_core::{
    attribution::ConceptCells, bundle::Samples, embedding::nearest::Neighbour, ids::CellId,
};

use super::{compared::Compared, context::Context};
use crate::jobs::fetched::Fetched;

/// Cells in the order in which they are first met.
#[derive(Default)]
struct Sampled {
    order: Vec<CellId>,
    place: HashMap<CellId, u32>,
}

impl Sampled {
    fn add(&mut self, cells: &ConceptCells) {
        let near = cells.counterfactuals.iter().flatten().map(|near| near.cell);
        for cell in cells.prototypes.iter().map(|prototype| prototype.0).chain(near) {
            self.place.entry(cell).or_insert_with(|| {
                self.order.push(cell);
                self.order.len() as u32 - 1
            });
        }
    }

    fn prototypes(&self, cells: &ConceptCells) -> Vec<u32> {
        cells.prototypes.iter().map(|cell| self.place[&cell.0]).collect()
    }

    /// Places of so many cells beside each prototype; `u32::MAX` where there are fewer.
    fn others(&self, cells: &ConceptCells, width: usize) -> Vec<u32> {
        let one = |near: &[Neighbour], i: usize| near.get(i).map_or(u32::MAX, |near| self.place[&near.cell]);
        cells.counterfactuals.iter().flat_map(|near| (0..width).map(move |i| one(near, i))).collect()
    }
}

/// `samples/NNNN.safetensors`, with `kept` counterfactuals of each prototype; `fetched` are the counts of all these cells.
pub fn samples(context: &Context, compared: &Compared, fetched: &Fetched, kept: usize) -> Samples {
    let (held_out, typical) = (&compared.further.held_out, &compared.further.typical);
    let mut sampled = Sampled::default();
    sampled.add(&compared.cells);
    [held_out, typical].into_iter().flatten().for_each(|cells| sampled.add(cells));
    let (mut indptr, mut indices, mut values) = (vec![0u32], Vec::<u32>::new(), Vec::<f32>::new());
    for cell in &sampled.order {
        let (genes, counts) = fetched.cells().row(*cell);
        indices.extend_from_slice(genes);
        values.extend_from_slice(counts);
        indptr.push(indices.len() as u32);
    }
    let held_out_width = context.parameters.attribution.counterfactuals as usize;
    let most = |cells: &ConceptCells| cells.counterfactuals.iter().map(Vec::len).max().unwrap_or(0);
    let typical_width = typical.as_ref().map_or(0, most);
    Samples {
        cells: sampled.order.iter().map(|c| c.0).collect(),
        indptr,
        indices,
        values,
        prototypes: sampled.prototypes(&compared.cells),
        counterfactuals: sampled.others(&compared.cells, kept),
        width: kept,
        held_out: held_out.as_ref().map_or_else(Vec::new, |cells| sampled.prototypes(cells)),
        held_out_counterfactuals: held_out
            .as_ref()
            .map_or_else(Vec::new, |cells| sampled.others(cells, held_out_width)),
        held_out_width,
        typical: typical.as_ref().map_or_else(Vec::new, |cells| sampled.others(cells, typical_width)),
        typical_width,
    }
}
