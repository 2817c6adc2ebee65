//! `cells/ids.json`: names of the cells, in row order.

use super::{
    JsonFile,
    checking::{Bundle, Report},
    manifest::MANIFEST,
};

/// Names of the cells.
pub const CELL_NAMES: &str = "cells/ids.json";

/// Names of the cells, in row order.
pub type CellNames = Vec<String>;

impl JsonFile for CellNames {}

/// The names, where there are as many as cells.
pub(super) fn check(bundle: &Bundle<'_>, report: &mut Report) -> Option<CellNames> {
    let count = bundle.manifest.counts.cells;
    let names: CellNames = bundle.read(CELL_NAMES, report)?;
    report.same(CELL_NAMES, "names of cells", names.len() as u64, count, MANIFEST);
    Some(names).filter(|names| names.len() == count as usize)
}
