//! Counts of the cells that a concept is read from, so that the page can read it again.

use std::collections::HashMap;

use cellprism_core::{attribution::ConceptCells, bundle::Tensors, ids::CellId};

use super::{compared::Compared, context::Context};

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

    /// Places of prototypes, and of so many cells beside each of them.
    fn places(
        &self,
        file: &mut Tensors,
        (prototypes, others): (&str, &str),
        cells: &ConceptCells,
        width: usize,
    ) {
        let p = cells.prototypes.len();
        let other = |i: usize, j: usize| {
            cells.counterfactuals[i].get(j).map_or(u32::MAX, |near| self.place[&near.cell])
        };
        if !prototypes.is_empty() {
            file.u32(prototypes, &[p], cells.prototypes.iter().map(|cell| self.place[&cell.0]));
        }
        file.u32(others, &[p, width], (0..p * width).map(|at| other(at / width, at % width)));
    }
}

/// `samples/NNNN.safetensors`.
///
/// # Errors
/// If the arrays cannot be encoded.
pub fn samples(context: &Context, compared: &Compared, kept: usize) -> anyhow::Result<Vec<u8>> {
    let (held_out, typical) = (&compared.further.held_out, &compared.further.typical);
    let mut sampled = Sampled::default();
    sampled.add(&compared.cells);
    [held_out, typical].into_iter().flatten().for_each(|cells| sampled.add(cells));
    let (mut indptr, mut indices, mut values) = (vec![0u32], Vec::<u32>::new(), Vec::<f32>::new());
    for cell in &sampled.order {
        let (genes, counts) = context.counts.row(cell.index());
        indices.extend_from_slice(genes);
        values.extend_from_slice(counts);
        indptr.push(indices.len() as u32);
    }
    let mut file = Tensors::default();
    file.u32("cells", &[sampled.order.len()], sampled.order.iter().map(|c| c.0));
    file.u32("indptr", &[indptr.len()], indptr.iter().copied());
    // The smallest types that hold them: this file is most of what recomputing loads.
    if context.counts.cols <= usize::from(u16::MAX) + 1 {
        file.u16("indices", &[indices.len()], indices.iter().map(|&gene| gene as u16));
    } else {
        file.u32("indices", &[indices.len()], indices.iter().copied());
    }
    if values.iter().all(|&v: &f32| v.fract() == 0.0 && v <= f32::from(u16::MAX)) {
        file.u16("values", &[values.len()], values.iter().map(|&v| v as u16));
    } else {
        file.f32("values", &[values.len()], values.iter().copied());
    }
    sampled.places(&mut file, ("prototypes", "counterfactuals"), &compared.cells, kept);
    if let Some(cells) = held_out {
        let width = context.parameters.attribution.counterfactuals as usize;
        sampled.places(&mut file, ("held_out", "held_out_counterfactuals"), cells, width);
    }
    if let Some(cells) = typical {
        let width = cells.counterfactuals.iter().map(Vec::len).max().unwrap_or(0);
        sampled.places(&mut file, ("", "typical"), cells, width);
    }
    Ok(file.to_bytes()?)
}
