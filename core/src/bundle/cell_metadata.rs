//! `cells/metadata.json`: what the metadata columns are, and where the map lies.

use serde::{Deserialize, Serialize};

use super::{
    JsonFile, NumberColumn,
    checking::{Bundle, Report},
    manifest::MANIFEST,
};

/// Columns of cell metadata.
pub const CELL_METADATA: &str = "cells/metadata.json";

/// `cells/metadata.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CellMetadata {
    /// Cells.
    pub cells: u32,
    /// Categorical columns, the primary one first.
    pub columns: Vec<MetadataColumn>,
    /// Columns of measurements.
    #[serde(default)]
    pub numbers: Vec<NumberColumn>,
    /// Column that names cells in lists and colours the first map.
    pub primary: Option<String>,
    /// Quantisation of the map: coordinate = min + code · (max − min) / 65535, per axis.
    pub umap: Option<MapScale>,
}

/// A categorical column; codes are in `cells/metadata.safetensors`, 65535 where the cell has no label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MetadataColumn {
    /// Name in `obs`.
    pub name: String,
    /// Labels by code.
    pub labels: Vec<String>,
    /// Cells with each label.
    pub counts: Vec<u32>,
    /// Labels written out where they are common abbreviations ("B" → "B cell"); empty where none is.
    #[serde(default)]
    pub long_labels: Vec<String>,
}

/// Quantisation of two coordinates, and where they came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MapScale {
    /// Smallest x and y.
    pub min: [f32; 2],
    /// Largest x and y.
    pub max: [f32; 2],
    /// "UMAP as supplied with the cells" or how it was computed.
    pub source: String,
}

impl JsonFile for CellMetadata {}

/// The metadata, where they can be read.
pub(super) fn check(bundle: &Bundle<'_>, report: &mut Report) -> Option<CellMetadata> {
    let file = CELL_METADATA;
    let metadata: CellMetadata = bundle.read(file, report)?;
    report.same(file, "cells", metadata.cells, bundle.manifest.counts.cells, MANIFEST);
    if let Some(primary) = &metadata.primary {
        let known = metadata.columns.iter().any(|column| column.name == *primary);
        report.expect(known, file, || format!("its primary column {primary:?} is not among its columns"));
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
    }
    Some(metadata)
}
