//! What raters get: nothing in it tells concept from neuron.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `study.json`: the items in the order in which they are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Study {
    /// Name: a digest of what is shown. Answers hold it, so that they are never read with another key.
    pub study: String,
    /// One line for raters.
    pub title: String,
    /// Cells of every item.
    pub cells: u32,
    /// Genes of every item.
    pub genes: u32,
    /// Every presentation, first to last.
    pub items: Vec<StudyItem>,
}

/// An item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StudyItem {
    /// Its name: `item-001` is shown first.
    pub item: String,
}

/// `items/item-NNN.json`: what an item shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sheet {
    /// The item.
    pub item: String,
    /// Genes of highest mean.
    pub genes: Vec<SheetGene>,
}

/// A gene of an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SheetGene {
    /// Symbol.
    pub gene: String,
    /// Mean over the cells.
    pub mean: f64,
    /// Score of each cell, divided by the largest of the item.
    pub cells: Vec<f64>,
}

/// `genes.json`: full names of the genes that are shown anywhere, by symbol; empty where the bundle has none.
pub type GeneNames = BTreeMap<String, GeneName>;

/// What is known of a gene.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GeneName {
    /// Full name.
    pub name: String,
    /// NCBI Gene identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ncbi: Option<String>,
}

impl Sheet {
    /// Its file, `bytes` long.
    ///
    /// # Errors
    /// If a score is no number.
    pub fn padded(&self, bytes: usize) -> Result<Vec<u8>, serde_json::Error> {
        let mut file = serde_json::to_vec(self)?;
        file.resize(bytes.max(file.len() + 1) - 1, b' ');
        file.push(b'\n');
        Ok(file)
    }

    /// Where its file is within the study.
    pub fn path(item: &str) -> String {
        format!("items/{item}.json")
    }
}
