//! What is known of the cells, for the checks of what refers to them.

use super::{
    CellMetadata, CellNames, cell_codes, cell_map, cell_metadata, cell_names, cell_numbers,
    checking::{Bundle, Report},
    embeddings,
};

/// What concepts are compared with.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// Cells, by the manifest.
    pub(super) count: usize,
    /// Names, where they could be read.
    pub(super) names: Option<CellNames>,
    /// Columns, where they could be read.
    pub(super) metadata: Option<CellMetadata>,
}

/// All files of the cells.
pub(super) fn check(bundle: &Bundle<'_>, report: &mut Report) -> Cells {
    let names = cell_names::check(bundle, report);
    let metadata = cell_metadata::check(bundle, report);
    if let Some(metadata) = &metadata {
        cell_codes::check(bundle, metadata, report);
        cell_map::check(bundle, metadata, report);
        cell_numbers::check(bundle, metadata, report);
    }
    embeddings::check(bundle, report);
    Cells { count: bundle.manifest.counts.cells as usize, names, metadata }
}
