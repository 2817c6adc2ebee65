//! Activations by concept and by cell; how specific a concept is to a metadata label; related concepts.
//!
//! | file | idea |
//! |---|---|
//! | `activations` | [`Activations`]: which cells activate which concept, how strongly |
//! | `labels` | [`ConceptClass`] and the labels that a concept's cells have |
//! | `specificity` | [`column_specificity`]: those labels counted |
//! | `related` | [`related`]: concepts of the same cells, or of the same direction |

mod activations;
mod labels;
mod related;
mod specificity;

pub use activations::{Activations, ActiveCells, histogram};
pub use labels::{ColumnSpecificity, ConceptClass, LabelCount, SpecificLabel, SpecificityParameters};
pub use related::{Related, related};
pub use specificity::{classify, column_specificity, composition, lift};
