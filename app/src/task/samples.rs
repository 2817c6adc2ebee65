//! Counts of the cells that a concept was read from, as the worker and the page need them.

use cellprism_core::{
    attribution::ConceptCells,
    bundle::{self, File},
    cells::CountMatrix,
    embedding::nearest::Neighbour,
    ids::CellId,
    readings::FurtherCells,
};

/// `samples/NNNN.safetensors`; cells are places among the sampled ones.
#[derive(Clone, Debug)]
pub struct Samples {
    /// Counts in the model's gene order, one row a sampled cell.
    pub counts: CountMatrix,
    /// The cells' rows in the data.
    pub cells: Vec<u32>,
    /// The prototypes.
    pub prototypes: Vec<u32>,
    /// Each prototype's counterfactuals, nearest first.
    pub counterfactuals: Vec<Vec<u32>>,
    /// Held-out prototypes with theirs; none where the prototypes themselves are counted.
    held_out: Option<(Vec<u32>, Vec<Vec<u32>>)>,
    /// Typical inactive cells of each prototype, where they were compared.
    typical: Option<Vec<Vec<u32>>>,
}

impl Samples {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// In words, if a tensor is missing or does not fit.
    pub fn read(file: &[u8], genes: usize) -> Result<Self, String> {
        let read = bundle::Samples::from_bytes("samples", file).map_err(|e| e.to_string())?;
        let rows = read.cells.len();
        let indptr = read.indptr.into_iter().map(u64::from).collect();
        let counts = CountMatrix::new(rows, genes, indptr, read.indices, read.values)
            .map_err(|e| format!("samples: {e}"))?;
        let held_out = (!read.held_out.is_empty())
            .then(|| (read.held_out, by_row(&read.held_out_counterfactuals, read.held_out_width)));
        let typical = (!read.typical.is_empty()).then(|| by_row(&read.typical, read.typical_width));
        let found = Self {
            counts,
            cells: read.cells,
            prototypes: read.prototypes,
            counterfactuals: by_row(&read.counterfactuals, read.width),
            held_out,
            typical,
        };
        found.check(rows)
    }

    fn check(self, rows: usize) -> Result<Self, String> {
        let held = self.held_out.iter();
        let held = held.flat_map(|(cells, near)| cells.iter().chain(near.iter().flatten()));
        let all = self.prototypes.iter().chain(self.counterfactuals.iter().flatten()).chain(held);
        let mut all = all.chain(self.typical.iter().flatten().flatten());
        if all.any(|&place| place as usize >= rows) {
            return Err("samples: a cell that is not there".into());
        }
        let pairs = |cells: &[u32], near: &[Vec<u32>]| cells.len() == near.len();
        let fit = pairs(&self.prototypes, &self.counterfactuals)
            && self.typical.as_ref().is_none_or(|typical| pairs(&self.prototypes, typical))
            && self.held_out.as_ref().is_none_or(|(cells, near)| pairs(cells, near));
        if fit { Ok(self) } else { Err("samples: not as many counterfactuals as prototypes".into()) }
    }

    /// The first prototypes with the first of their counterfactuals.
    pub fn ranking(&self, prototypes: usize, counterfactuals: usize) -> ConceptCells {
        let n = prototypes.min(self.prototypes.len());
        cells(&self.prototypes[..n], &self.counterfactuals[..n], counterfactuals)
    }

    /// Held-out prototypes, and the first prototypes with typical cells.
    pub fn further(&self, prototypes: usize, balanced_over: Option<String>) -> FurtherCells {
        let n = prototypes.min(self.prototypes.len());
        FurtherCells {
            held_out: self.held_out.as_ref().map(|(held, near)| cells(held, near, usize::MAX)),
            typical: self.typical.as_ref().map(|near| cells(&self.prototypes[..n], &near[..n], usize::MAX)),
            balanced_over,
        }
    }
}

/// Rows of a rectangular list, without the places of cells that are not there.
fn by_row(flat: &[u32], width: usize) -> Vec<Vec<u32>> {
    let row = |row: &[u32]| row.iter().copied().filter(|&place| place != u32::MAX).collect();
    flat.chunks(width.max(1)).map(row).collect()
}

fn cells(prototypes: &[u32], near: &[Vec<u32>], most: usize) -> ConceptCells {
    let neighbour = |&place: &u32| Neighbour { cell: CellId(place), distance: 0.0 };
    ConceptCells {
        prototypes: prototypes.iter().map(|&place| (CellId(place), 0.0)).collect(),
        counterfactuals: near.iter().map(|row| row.iter().take(most).map(neighbour).collect()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use cellprism_core::bundle::Tensors;

    use super::*;

    fn file() -> bundle::Samples {
        bundle::Samples {
            cells: vec![4, 9, 12],
            indptr: vec![0, 1, 1, 2],
            indices: vec![0, 1],
            values: vec![3.0, 1.0],
            prototypes: vec![0, 2],
            counterfactuals: vec![1, u32::MAX, 1, 0],
            width: 2,
            ..bundle::Samples::default()
        }
    }

    #[test]
    fn cells_that_are_not_there_are_left_out_or_told() {
        let read = |file: &bundle::Samples| Samples::read(&file.to_bytes().unwrap(), 2);
        let found = read(&file()).unwrap();
        assert_eq!(found.counterfactuals, [vec![1], vec![1, 0]]);
        assert_eq!(found.ranking(1, 3).prototypes, [(CellId(0), 0.0)]);
        assert_eq!(found.further(2, None), FurtherCells::default());
        assert!(
            read(&bundle::Samples { prototypes: vec![0, 7], ..file() }).unwrap_err().contains("not there")
        );
        let mut uneven = Tensors::default();
        for (name, values) in
            [("cells", vec![4, 9, 12]), ("indptr", vec![0, 1, 1, 2]), ("prototypes", vec![0])]
        {
            uneven.u32(name, &[values.len()], values);
        }
        uneven.u32("counterfactuals", &[2, 1], [1, 1]);
        uneven.u16("indices", &[2], [0, 1]);
        uneven.u16("values", &[2], [3, 1]);
        assert!(Samples::read(&uneven.to_bytes().unwrap(), 2).unwrap_err().contains("as many"));
        assert!(Samples::read(b"nonsense", 2).is_err());
    }
}
