//! What is known of cells besides their counts.

use super::{Column, GeneNames, Numbers};

/// Names and metadata of cells and genes, without counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roster {
    /// Names of the genes, in the data's order.
    pub genes: GeneNames,
    /// Names of the cells, in the data's order.
    pub names: Vec<String>,
    /// Categorical metadata.
    pub columns: Vec<Column>,
    /// Measurements.
    pub numbers: Vec<Numbers>,
    /// Coordinates of a map, where the file has one.
    pub umap: Option<Vec<[f32; 2]>>,
    /// Where in the file the counts are, for instance `layers/counts`.
    pub counts_source: String,
}

impl Roster {
    /// Number of cells.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The metadata column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
