//! `cells/metadata.safetensors`: each cell's label in each column, as the label's place.

use super::{
    CellMetadata, File, ReadError, Tensors, WriteError,
    cell_metadata::CELL_METADATA,
    checking::{Arrays, Bundle, Report},
    file::opened,
    read_u16,
};
use crate::cells::NO_LABEL;

/// Codes of the columns.
pub const CELL_CODES: &str = "cells/metadata.safetensors";

/// Codes u16 `[cells]` of each column, by its name; 65535 where a cell has no label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellCodes {
    /// Names and codes.
    pub columns: Vec<(String, Vec<u16>)>,
}

impl CellCodes {
    /// The codes of a column.
    pub fn of(&self, column: &str) -> Option<&[u16]> {
        self.columns.iter().find(|(name, _)| name == column).map(|(_, codes)| codes.as_slice())
    }
}

impl File for CellCodes {
    fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let mut file = Tensors::default();
        for (name, codes) in &self.columns {
            file.u16(name, &[codes.len()], codes.iter().copied());
        }
        Ok(file.to_bytes()?)
    }

    fn from_bytes(path: &str, bytes: &[u8]) -> Result<Self, ReadError> {
        opened(path, bytes, |file| {
            let column = |name: &str| read_u16(file, name).map(|(_, codes)| (name.to_owned(), codes));
            Ok(Self { columns: file.names().into_iter().map(column).collect::<Result<_, _>>()? })
        })
    }
}

/// Codes of every column, within its labels, as often as the metadata say.
pub(super) fn check(bundle: &Bundle<'_>, metadata: &CellMetadata, report: &mut Report) {
    let cells = bundle.manifest.counts.cells as usize;
    let Some(bytes) = bundle.content(CELL_CODES, report) else { return };
    let Some(arrays) = Arrays::open(CELL_CODES, &bytes, report) else { return };
    for name in arrays.names() {
        let known = metadata.columns.iter().any(|column| column.name == name);
        report.expect(known, CELL_CODES, || format!("tensor {name:?} is no column of {CELL_METADATA}"));
    }
    for column in &metadata.columns {
        let labels = column.labels.len();
        let Some(codes) = arrays.u16(&column.name, &[Some(cells)], report) else { continue };
        let mut counts = vec![0u32; labels];
        for (cell, &code) in codes.iter().enumerate() {
            match counts.get_mut(usize::from(code)) {
                Some(count) => *count += 1,
                None if code == NO_LABEL => {}
                None => {
                    report.note(
                        CELL_CODES,
                        format!("tensor {:?}, cell {cell}: code {code}, but {labels} labels", column.name),
                    );
                    break;
                }
            }
        }
        report.expect(counts == column.counts, CELL_METADATA, || {
            format!("column {:?}: its counts are not those of {}", column.name, CELL_CODES)
        });
    }
}
