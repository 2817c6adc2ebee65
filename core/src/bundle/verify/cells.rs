//! Metadata, coordinates and names of the cells.

use super::{Bundle, Report, arrays::Arrays};
use crate::{
    bundle::{CellMetadata, path},
    cells::NO_LABEL,
};

/// What concepts are compared with.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// Cells, by the manifest.
    pub count: usize,
    /// Names, where they could be read.
    pub names: Option<Vec<String>>,
    /// Columns, where they could be read.
    pub metadata: Option<CellMetadata>,
}

pub(super) fn check(bundle: &Bundle<'_>, report: &mut Report) -> Cells {
    let count = bundle.manifest.counts.cells;
    let names: Option<Vec<String>> = bundle.json(path::CELL_NAMES, report);
    if let Some(names) = &names {
        report.same(path::CELL_NAMES, "names of cells", names.len() as u64, count, path::MANIFEST);
    }
    let names = names.filter(|names| names.len() == count as usize);
    let metadata: Option<CellMetadata> = bundle.json(path::CELL_METADATA, report);
    if let Some(metadata) = &metadata {
        report.same(path::CELL_METADATA, "cells", metadata.cells, count, path::MANIFEST);
        columns(bundle, metadata, count as usize, report);
        coordinates(bundle, metadata, count as usize, report);
    }
    embeddings(bundle, count as usize, report);
    Cells { count: count as usize, names, metadata }
}

fn embeddings(bundle: &Bundle<'_>, cells: usize, report: &mut Report) {
    if !bundle.manifest.files.contains_key(path::EMBEDDINGS) {
        return;
    }
    let Some(bytes) = bundle.content(path::EMBEDDINGS, report) else { return };
    if let Some(arrays) = Arrays::open(path::EMBEDDINGS, &bytes, report) {
        let size = bundle.manifest.counts.embedding as usize;
        arrays.f32("embeddings", &[Some(cells), Some(size)], false, report);
    }
}

fn columns(bundle: &Bundle<'_>, metadata: &CellMetadata, cells: usize, report: &mut Report) {
    let file = path::CELL_METADATA;
    if let Some(primary) = &metadata.primary {
        let known = metadata.columns.iter().any(|column| column.name == *primary);
        report.expect(known, file, || format!("its primary column {primary:?} is not among its columns"));
    }
    let Some(bytes) = bundle.content(path::CELL_CODES, report) else { return };
    let Some(arrays) = Arrays::open(path::CELL_CODES, &bytes, report) else { return };
    for name in arrays.names() {
        let known = metadata.columns.iter().any(|column| column.name == name);
        report.expect(known, path::CELL_CODES, || format!("tensor {name:?} is no column of {file}"));
    }
    for column in &metadata.columns {
        let labels = column.labels.len();
        let written = column.long_labels.len();
        report.expect(column.counts.len() == labels && (written == labels || written == 0), file, || {
            format!(
                "column {:?}: {labels} labels, {} counts, {written} long labels",
                column.name,
                column.counts.len()
            )
        });
        let Some(codes) = arrays.u16(&column.name, &[Some(cells)], report) else { continue };
        let mut counts = vec![0u32; labels];
        for (cell, &code) in codes.iter().enumerate() {
            match counts.get_mut(usize::from(code)) {
                Some(count) => *count += 1,
                None if code == NO_LABEL => {}
                None => {
                    report.note(
                        path::CELL_CODES,
                        format!("tensor {:?}, cell {cell}: code {code}, but {labels} labels", column.name),
                    );
                    break;
                }
            }
        }
        report.expect(counts == column.counts, file, || {
            format!("column {:?}: its counts are not those of {}", column.name, path::CELL_CODES)
        });
    }
}

fn coordinates(bundle: &Bundle<'_>, metadata: &CellMetadata, cells: usize, report: &mut Report) {
    let listed = bundle.manifest.files.contains_key(path::UMAP);
    let Some(scale) = &metadata.umap else {
        report.expect(!listed, path::UMAP, || format!("{} gives no scale for it", path::CELL_METADATA));
        return;
    };
    report.expect(listed, path::UMAP, || "cells/metadata.json describes it, but it is not listed".into());
    let ordered = (0..2).all(|axis| {
        scale.min[axis].is_finite() && scale.max[axis].is_finite() && scale.min[axis] <= scale.max[axis]
    });
    report.expect(ordered, path::CELL_METADATA, || format!("umap from {:?} to {:?}", scale.min, scale.max));
    let Some(bytes) = bundle.content(path::UMAP, report) else { return };
    if let Some(arrays) = Arrays::open(path::UMAP, &bytes, report) {
        arrays.u16("xy", &[Some(cells), Some(2)], report);
    }
}
