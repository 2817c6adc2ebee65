//! `concepts/NNNN.q8.safetensors`: activations of the first cells in 8 bits, for maps.

use crate::{
    bundle::{
        ConceptArrays, File, ReadError, TensorError, Tensors, WriteError,
        checking::{Bundle, Report},
        concept::concept_stem,
        file::opened,
        path, read_activations, read_f32, read_u16,
        tensors::read_u8,
    },
    ids::ConceptId,
};

/// The largest code.
const LARGEST: f32 = 255.0;

/// Quantised activations of a concept or a neuron, by its folder.
pub fn first_activations(folder: &str, id: ConceptId) -> String {
    format!("{folder}/{}.q8.safetensors", concept_stem(id))
}

/// Activations of the first cells: tensors `cells` u16 `[j]`, places among them, rising; `codes` u8 `[j]`; `max` f32 `[1]`.
///
/// An activation is `codes` · `max` / 255, wrong by at most `max` / 510, and by at most `max` / 255 where it is smaller
/// than that: no active cell has the code 0. Cells that are not listed have activation exactly 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FirstActivations {
    /// Places of the active ones among the first cells.
    pub cells: Vec<u16>,
    /// Their codes.
    pub codes: Vec<u8>,
    /// Largest activation of the concept.
    pub max: f32,
}

impl FirstActivations {
    /// Of a concept's arrays; `rows` are those of the first cells.
    pub fn of(arrays: &ConceptArrays, rows: &[u32]) -> Self {
        let max = arrays.activations.iter().copied().fold(0.0, f32::max);
        let mut first = Self { max, ..Self::default() };
        for (&cell, &value) in arrays.cells.iter().zip(&arrays.activations) {
            if let Ok(place) = rows.binary_search(&cell) {
                first.cells.push(place as u16);
                first.codes.push((value / max * LARGEST).round().clamp(1.0, LARGEST) as u8);
            }
        }
        first
    }

    /// Active cells by their rows, and their activations.
    pub fn values(&self, rows: &[u32]) -> Vec<(u32, f32)> {
        let places = self.cells.iter().filter_map(|&place| rows.get(usize::from(place)));
        places.zip(&self.codes).map(|(&row, &code)| (row, f32::from(code) * self.max / LARGEST)).collect()
    }
}

impl File for FirstActivations {
    fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let mut file = Tensors::default();
        file.u16("cells", &[self.cells.len()], self.cells.iter().copied());
        file.u8("codes", &[self.codes.len()], self.codes.iter().copied());
        file.f32("max", &[1], [self.max]);
        file.metadata("error", "at most max / 510; of activations below max / 255 at most max / 255");
        Ok(file.to_bytes()?)
    }

    fn from_bytes(path: &str, bytes: &[u8]) -> Result<Self, ReadError> {
        opened(path, bytes, |file| {
            let (shape, max) = read_f32(file, "max")?;
            let max = *max.first().ok_or(TensorError::Shape { name: "max".into(), shape })?;
            Ok(Self { cells: read_u16(file, "cells")?.1, codes: read_u8(file, "codes")?.1, max })
        })
    }
}

/// Every active one of the first cells, within the error that is stated.
pub(super) fn check(bundle: &Bundle<'_>, folder: &str, id: ConceptId, rows: &[u32], report: &mut Report) {
    let (name, whole) = (first_activations(folder, id), path::arrays(folder, id));
    bundle.expect_of_index(&name, path::MANIFEST, report);
    let Some(found) = bundle.read::<FirstActivations>(&name, report) else { return };
    let Some(bytes) = bundle.content(&whole, report) else { return };
    let Ok((cells, activations)) = read_activations(&whole, &bytes) else { return };
    let arrays = ConceptArrays { cells, activations, ..ConceptArrays::default() };
    report.expect(found == FirstActivations::of(&arrays, rows), &name, || {
        format!("its activations are not those of {whole}")
    });
}

#[cfg(test)]
mod tests {
    use super::{super::FirstView, *};

    #[test]
    fn the_error_is_within_what_is_stated_and_no_active_cell_is_lost() {
        let rows = FirstView { cells: 500, seed: 1 }.rows(2_000);
        let cells: Vec<u32> = (0..2_000).step_by(3).collect();
        let activations: Vec<f32> =
            cells.iter().map(|&c| 1e-4 + (c as f32 * 0.37).sin().abs() * 7.0).collect();
        let arrays = ConceptArrays { cells, activations, ..ConceptArrays::default() };
        let first = FirstActivations::of(&arrays, &rows);
        let values = first.values(&rows);
        assert_eq!(values.len(), rows.iter().filter(|row| *row % 3 == 0).count());
        for (row, value) in values {
            let truth = arrays.activations[row as usize / 3];
            let most = if truth < first.max / 255.0 { first.max / 255.0 } else { first.max / 509.9 };
            assert!((value - truth).abs() <= most, "{value}, not {truth}");
        }
        let bytes = first.to_bytes().unwrap();
        assert_eq!(FirstActivations::from_bytes("x", &bytes).unwrap(), first);
    }
}
