//! Activations by concept and by cell; how specific a concept is to a metadata label; related concepts.

mod activations;
mod related;
mod specificity;

pub use activations::{Activations, ActiveCells, histogram};
pub use related::related;
pub use specificity::{classify, column_specificity, composition, lift};
