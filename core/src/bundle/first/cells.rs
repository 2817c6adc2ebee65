//! `cells/first.safetensors`: where the first cells lie; `cells/first.NN.safetensors`: their labels in a column.

use super::FirstView;
use crate::bundle::{
    CellCodes, CellMap, CellMetadata, File, ReadError, Tensors, WriteError,
    checking::{Bundle, Report},
    file::opened,
    path, read_u16,
};

/// Places of the first cells.
pub const FIRST_CELLS: &str = "cells/first.safetensors";

/// Labels of the first cells in a column, by its place in `cells/metadata.json`.
pub fn first_codes(column: usize) -> String {
    format!("cells/first.{column:02}.safetensors")
}

/// Places u16 `[first cells, 2]` on the map, quantised as those of all cells: tensor `xy`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirstMap(pub Vec<[u16; 2]>);

/// Codes u16 `[first cells]` in one column: tensor `codes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirstCodes(pub Vec<u16>);

impl File for FirstMap {
    fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let mut file = Tensors::default();
        file.u16("xy", &[self.0.len(), 2], self.0.iter().flatten().copied());
        Ok(file.to_bytes()?)
    }

    fn from_bytes(path: &str, bytes: &[u8]) -> Result<Self, ReadError> {
        let xy = opened(path, bytes, |file| read_u16(file, "xy"))?.1;
        Ok(Self(xy.as_chunks::<2>().0.to_vec()))
    }
}

impl File for FirstCodes {
    fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let mut file = Tensors::default();
        file.u16("codes", &[self.0.len()], self.0.iter().copied());
        Ok(file.to_bytes()?)
    }

    fn from_bytes(path: &str, bytes: &[u8]) -> Result<Self, ReadError> {
        Ok(Self(opened(path, bytes, |file| read_u16(file, "codes"))?.1))
    }
}

/// Places and labels are those of the complete files.
pub(super) fn check(bundle: &Bundle<'_>, first: FirstView, metadata: &CellMetadata, report: &mut Report) {
    if metadata.umap.is_some()
        && let (Some(all), Some(some)) =
            (bundle.read::<CellMap>(path::UMAP, report), expected::<FirstMap>(bundle, FIRST_CELLS, report))
    {
        report.expect(some.0 == first.at(&all.xy), FIRST_CELLS, || {
            format!("its places are not those of {}", path::UMAP)
        });
    }
    let Some(codes) = bundle.read::<CellCodes>(path::CELL_CODES, report) else { return };
    for (place, column) in metadata.columns.iter().enumerate() {
        let name = first_codes(place);
        let Some(some) = expected::<FirstCodes>(bundle, &name, report) else { continue };
        let same = codes.of(&column.name).is_some_and(|all| some.0 == first.at(all));
        report.expect(same, &name, || format!("its labels are not those of {}", path::CELL_CODES));
    }
}

fn expected<T: File>(bundle: &Bundle<'_>, name: &str, report: &mut Report) -> Option<T> {
    report.expect(bundle.manifest.files.contains_key(name), name, || {
        "the manifest has a first view, but does not list this file".into()
    });
    bundle.read(name, report)
}
