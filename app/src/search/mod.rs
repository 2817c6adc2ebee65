//! One search over everything that a bundle names: concepts, genes with aliases and identifiers, every tested set, labels.
//!
//! | file | idea |
//! |---|---|
//! | `words` | what is searched: names as they are, and in lower case |
//! | `find` | what fits a query, best first, kind by kind |
//! | `exact` | where Enter leads when the query names one thing |

mod exact;
mod find;
mod words;

pub use exact::{exact, gene};
pub use find::{Found, Hit, find};
pub use words::{State, Words, list_of};

/// What is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Concepts by number, title, the reader's own label.
    Concept,
    /// Genes by symbol, alias, Ensembl identifier, full name.
    Gene,
    /// Labels of the column that names cells.
    CellType,
    /// Labels of other columns.
    Label,
    /// Gene sets of every library, whether or not one is a concept's best.
    Pathway,
}

impl Kind {
    /// In the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Concept, Self::Gene, Self::CellType, Self::Label, Self::Pathway];

    /// For headings.
    pub fn title(self) -> &'static str {
        match self {
            Self::Concept => "Concepts",
            Self::Gene => "Genes",
            Self::CellType => "Cell types",
            Self::Label => "Labels",
            Self::Pathway => "Pathways and gene sets",
        }
    }
}
