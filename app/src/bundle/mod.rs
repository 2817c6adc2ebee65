//! What every page needs of a bundle, loaded once, and the files of single concepts, loaded when shown.
//!
//! | file | idea |
//! |---|---|
//! | `load` | where a bundle is, and its files for every page |
//! | `listing` | concepts and neurons: numbers, names, addresses |
//! | `concept` | the files of one of them |
//! | `evaluation` | what `cellprism evaluate` has put into it |
//! | `other` | another bundle, to compare with |
//! | `points` | the cells that maps draw |

mod concept;
mod evaluation;
mod listing;
mod load;
mod other;
mod points;

use std::sync::{Arc, OnceLock};

use cellprism_core::{
    bundle::{
        CellMetadata, CellNames, ConceptArrays, ConceptDetail, ConceptIndex, ConceptRow, Expression, File,
        FileEntry, Files, FirstIndex, GeneDescriptions, GeneIndex, Manifest, Maybe, Metrics, path,
    },
    gsea::GeneSetFile,
    ids::ConceptId,
};
use leptos::prelude::*;

use crate::client::{self, FetchError};

pub use concept::{Concept, SideArrays, side_name};
pub use evaluation::table_named;
pub use listing::{Listing, Subject};
pub use load::{load, locate};
pub use other::{Other, Place, base_of, given};
pub use points::{Codes, Points};

/// A bundle listed by the site.
pub use cellprism_core::bundle::BundleEntry as Listed;

/// A loaded bundle.
#[derive(Debug)]
pub struct Bundle {
    /// Where its files are, ending in `/`.
    pub base: String,
    /// Manifest.
    pub manifest: Manifest,
    /// One row a concept; of a large bundle a short one.
    pub concepts: Arc<Listing>,
    /// The whole rows, once they were asked for.
    whole: OnceLock<Arc<Listing>>,
    /// One row a neuron, once they were asked for.
    neurons: OnceLock<Arc<Listing>>,
    /// Columns of the cells.
    pub cells: CellMetadata,
    /// Colours of each column's labels.
    pub colours: Vec<Vec<String>>,
    cell_files: points::CellFiles,
    /// Why there is no map, or no labels on it, where a file did not come.
    pub no_map: Option<FetchError>,
    /// Names of the cells, once they were asked for.
    names: OnceLock<Arc<CellNames>>,
    /// Width over height of the map.
    pub map_ratio: f32,
    /// Genes.
    pub genes: GeneIndex,
    /// Metrics of dictionaries.
    pub metrics: Metrics,
    /// Why there are none, where their file did not come.
    pub no_metrics: Option<FetchError>,
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

    /// Concepts or neurons, where their whole rows are there already.
    pub fn known_listing(&self, subject: Subject) -> Option<Arc<Listing>> {
        match subject {
            Subject::Concepts if self.manifest.first.is_none() => Some(self.concepts.clone()),
            Subject::Concepts => self.whole.get().cloned(),
            Subject::Neurons => self.neurons.get().cloned(),
        }
    }

    /// Concepts or neurons with whole rows, fetched once.
    pub async fn listing(&self, subject: Subject) -> Result<Arc<Listing>, FetchError> {
        if let Some(known) = self.known_listing(subject) {
            return Ok(known);
        }
        let index: ConceptIndex = self.file(subject.index_file()).await?;
        let found = Arc::new(Listing { subject, index, dimensions: self.manifest.counts.embedding });
        let kept = match subject {
            Subject::Concepts => &self.whole,
            Subject::Neurons => &self.neurons,
        };
        Ok(kept.get_or_init(|| found).clone())
    }

    /// Neurons, of a large bundle with short rows.
    pub async fn short_neurons(&self) -> Result<Arc<Listing>, FetchError> {
        if self.manifest.first.is_none() || self.neurons.get().is_some() {
            return self.listing(Subject::Neurons).await;
        }
        let FirstIndex(index) = self.file(path::FIRST_NEURONS).await?;
        let dimensions = self.manifest.counts.embedding;
        Ok(Arc::new(Listing { subject: Subject::Neurons, index, dimensions }))
    }

    /// Libraries of gene sets.
    pub fn libraries(&self) -> Vec<String> {
        self.manifest.files.keys().filter_map(|file| path::library_of(file)).map(str::to_owned).collect()
    }

    /// The sets of a library.
    pub async fn gene_sets(&self, library: &str) -> Result<GeneSetFile, FetchError> {
        self.file(&path::gene_sets(library)).await
    }

    /// What is said of a concept or a neuron, without its arrays.
    pub async fn readings(&self, subject: Subject, id: ConceptId) -> Result<ConceptDetail, FetchError> {
        self.file(&path::readings(subject.folder(), id)).await
    }

    /// Arrays of a concept or a neuron.
    pub async fn arrays_of(&self, subject: Subject, id: ConceptId) -> Result<ConceptArrays, FetchError> {
        self.file(&path::arrays(subject.folder(), id)).await
    }

    /// Names of the cells, fetched when first asked for.
    pub async fn names(&self) -> Result<Arc<CellNames>, FetchError> {
        if let Some(known) = self.names.get() {
            return Ok(known.clone());
        }
        let found = Arc::new(self.file(path::CELL_NAMES).await?);
        Ok(self.names.get_or_init(|| found).clone())
    }

    /// Cells in which a gene is counted, with its counts; or why nothing is known of it.
    pub async fn expression(&self, gene: usize) -> Result<Maybe<Arc<Vec<(u32, f32)>>>, FetchError> {
        let files = match &self.manifest.expression {
            None => {
                return Ok(Maybe::missing("this bundle was made by a release that kept no counts of genes"));
            }
            Some(Maybe::Missing { not_available }) => return Ok(Maybe::missing(not_available.clone())),
            Some(Maybe::Value(files)) => files,
        };
        if !self.genes.measured.get(gene).copied().unwrap_or(false) {
            return Ok(Maybe::missing("the data do not have this gene; the model reads it as zero"));
        }
        let per_file = files.genes_per_file.max(1) as usize;
        let name = path::expression((gene / per_file) as u32);
        let file: Expression = self.file(&name).await?;
        let (cells, counts) = file
            .of(gene % per_file)
            .ok_or_else(|| FetchError { file: name, what: "it does not hold this gene".into() })?;
        Ok(Maybe::Value(Arc::new(cells.iter().copied().zip(counts.iter().copied()).collect())))
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
