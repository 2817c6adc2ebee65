//! Count matrices, gene vocabularies and metadata columns.
//!
//! | file | idea |
//! |---|---|
//! | `counts` | [`CountMatrix`]: compressed sparse rows, checked when made |
//! | `column` | [`Column`]: a categorical column of cell metadata |
//! | `genes` | [`GeneNames`]: the names under which a gene of the data may be known |
//! | `aliases` | [`Aliases`]: which names mean the same gene |
//! | `audit` | [`GeneAudit`]: what became of the model's genes in the data |
//! | `names` | what names of genes and cells give away about a file |
//! | `mapped` | counts in the model's order |
//! | `mapping` | [`map_genes`]: the model's genes found in the data, with an audit |
//! | [`hvg`] | highly variable genes by scanpy's flavours |
//! | `numbers` | [`Numbers`]: a measurement of every cell in 16 bits |
//! | `roster` | [`Roster`]: what is known of cells besides their counts |
//! | `some` | [`SomeCells`]: counts of some of many cells |
//! | [`simulate`] | cells with planted gene programs |
//! | `labels` | [`long_label`]: common abbreviations of cell types written out |

mod aliases;
mod audit;
mod column;
mod counts;
mod genes;
pub mod hvg;
mod labels;
mod mapped;
mod mapping;
mod names;
mod numbers;
mod roster;
pub mod simulate;
mod some;

pub use aliases::Aliases;
pub use audit::GeneAudit;
pub use column::{Column, NO_LABEL};
pub use counts::{CountMatrix, CountsError};
pub use genes::{GeneNames, is_ensembl, strip_version};
pub use labels::{long_label, plural_label};
pub use mapping::{GeneMap, map_genes};
pub use names::{looks_like_mouse, repeated};
pub use numbers::{NO_NUMBER, NoNumbers, Numbers};
pub use roster::Roster;
pub use some::SomeCells;

/// Cells with their counts, genes and metadata: what is read from an `.h5ad` file.
#[derive(Clone, Debug, PartialEq)]
pub struct Cells {
    /// Raw counts, one row a cell.
    pub counts: CountMatrix,
    /// Names of the columns of [`Cells::counts`].
    pub genes: GeneNames,
    /// Names of the cells, in row order.
    pub names: Vec<String>,
    /// Categorical metadata.
    pub columns: Vec<Column>,
    /// Coordinates of a map, where the file has one.
    pub umap: Option<Vec<[f32; 2]>>,
    /// Where in the file the counts were found, for instance `layers/counts`.
    pub counts_source: String,
}

impl Cells {
    /// The metadata column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
