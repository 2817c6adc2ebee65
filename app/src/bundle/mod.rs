//! What every page needs of a bundle, loaded once, and the files of single concepts, loaded when shown.
//!
//! | file | idea |
//! |---|---|
//! | `load` | where a bundle is, and its files for every page |
//! | `listing` | concepts and neurons: numbers, names, addresses |
//! | `concept` | the files of one of them |

mod concept;
mod listing;
mod load;

use std::sync::{Arc, OnceLock};

use cellprism_core::bundle::{
    CellMetadata, CellNames, ConceptRow, File, FileEntry, Files, GeneDescriptions, GeneIndex, Manifest,
    Metrics, path,
};
use leptos::prelude::*;

use crate::client::{self, FetchError};

pub use concept::{Concept, SideArrays, side_name};
pub use listing::{Listing, Subject};
pub use load::{load, locate};

/// A bundle listed by the site.
pub use cellprism_core::bundle::BundleEntry as Listed;

/// A loaded bundle.
#[derive(Debug)]
pub struct Bundle {
    /// Where its files are, ending in `/`.
    pub base: String,
    /// Manifest.
    pub manifest: Manifest,
    /// One row a concept.
    pub concepts: Arc<Listing>,
    /// One row a neuron, once they were asked for.
    neurons: OnceLock<Arc<Listing>>,
    /// Columns of the cells.
    pub cells: CellMetadata,
    /// Codes of each column.
    pub codes: Vec<Vec<u16>>,
    /// Colours of each column's labels.
    pub colours: Vec<Vec<String>>,
    /// Coordinates between 0 and 1, y upwards.
    pub map: Vec<[f32; 2]>,
    /// Width over height of the map.
    pub map_ratio: f32,
    /// Genes.
    pub genes: GeneIndex,
    /// Metrics of dictionaries.
    pub metrics: Metrics,
    files: Option<Files>,
}

impl Bundle {
    /// The column that names cells.
    pub fn primary(&self) -> Option<usize> {
        let name = self.cells.primary.as_ref()?;
        self.cells.columns.iter().position(|c| c.name == *name)
    }

    /// The column that names cells, in words.
    pub fn kind(&self) -> String {
        self.cells.primary.as_ref().map_or_else(|| "label".to_owned(), |name| name.replace('_', " "))
    }

    /// Labels of the primary column.
    pub fn primary_labels(&self) -> &[String] {
        self.primary().map_or(&[], |i| &self.cells.columns[i].labels)
    }

    /// Colour of a label of the primary column.
    pub fn colour(&self, code: u16) -> &str {
        let colours = self.primary().map(|i| &self.colours[i]);
        colours.and_then(|c| c.get(usize::from(code))).map_or("var(--oi-grey)", String::as_str)
    }

    /// Colour of a label of a column, by their names.
    pub fn colour_in(&self, column: &str, label: &str) -> &str {
        let place = self.cells.columns.iter().position(|c| c.name == column);
        let colour = place.and_then(|place| {
            let code = self.cells.columns[place].labels.iter().position(|l| l == label)?;
            self.colours[place].get(code)
        });
        colour.map_or("var(--oi-grey)", String::as_str)
    }

    /// Colour of a label of the primary column, by its name.
    pub fn colour_of(&self, label: &str) -> &str {
        self.colour_in(self.cells.primary.as_deref().unwrap_or_default(), label)
    }

    /// A concept's row.
    pub fn row(&self, id: u32) -> Option<&ConceptRow> {
        self.concepts.row(id)
    }

    /// The manifest's entry of a file.
    pub fn entry(&self, file: &str) -> Option<&FileEntry> {
        self.manifest.files.get(file).or_else(|| self.files.as_ref()?.get(file))
    }

    /// A file's bytes, checked where the manifest lists it.
    pub async fn bytes(&self, file: &str) -> Result<Vec<u8>, FetchError> {
        client::bytes(&self.base, file, self.entry(file)).await
    }

    /// A file of a kind, checked where the manifest lists it.
    async fn file<T: File>(&self, file: &str) -> Result<T, FetchError> {
        client::file(&self.base, file, self.entry(file)).await
    }

    /// Concepts or neurons; the latter are fetched once.
    pub async fn listing(&self, subject: Subject) -> Result<Arc<Listing>, FetchError> {
        if subject == Subject::Concepts {
            return Ok(self.concepts.clone());
        }
        if let Some(known) = self.neurons.get() {
            return Ok(known.clone());
        }
        let index = self.file(subject.index_file()).await?;
        let found = Arc::new(Listing { subject, index, dimensions: self.manifest.counts.embedding });
        Ok(self.neurons.get_or_init(|| found).clone())
    }

    /// Names of the cells, fetched when asked for.
    pub async fn names(&self) -> Result<Arc<CellNames>, FetchError> {
        Ok(Arc::new(self.file(path::CELL_NAMES).await?))
    }

    /// Descriptions of the genes around `gene`.
    pub async fn descriptions(&self, gene: u32) -> Result<Arc<GeneDescriptions>, FetchError> {
        if self.genes.descriptions_files == 0 {
            return Ok(Arc::default());
        }
        Ok(Arc::new(self.file(&path::descriptions(gene / self.genes.descriptions_chunk.max(1))).await?))
    }
}

/// The bundle on show.
pub fn current() -> Arc<Bundle> {
    expect_context::<Arc<Bundle>>()
}
