//! One row a concept, or a neuron: their names, and what all of them say.

pub use cellprism_app::subject::Subject;
use cellprism_core::bundle::{ConceptIndex, ConceptRow, Side};

/// One row a concept, or a neuron.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Which of the two.
    pub subject: Subject,
    /// The index.
    pub index: ConceptIndex,
    /// Dimensions of the embedding.
    pub dimensions: u32,
}

impl Listing {
    /// A row by its number.
    pub fn row(&self, id: u32) -> Option<&ConceptRow> {
        self.index.rows.get(id as usize)
    }

    /// "C153"; of a neuron its dimension and side, "N12+".
    pub fn name(&self, id: u32) -> String {
        self.subject.name(id, self.dimensions)
    }

    /// Rows with an active cell.
    pub fn active(&self) -> impl DoubleEndedIterator<Item = &ConceptRow> {
        self.index.rows.iter().filter(|row| row.cells > 0)
    }

    /// Whether any row has readings beyond the paper's.
    pub fn is_read(&self) -> bool {
        self.index.side_tests > 0 || self.index.rows.iter().any(|row| !row.title.is_empty())
    }

    /// Largest chance of a label that survives: a set of a smaller one stands as they do.
    pub fn limit(&self) -> Option<f64> {
        let labels = self.index.rows.iter().flat_map(|row| Side::BOTH.map(|side| row.labels.of(side)));
        labels.flatten().filter(|label| label.survives).map(|label| label.chance).max_by(f64::total_cmp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neurons_are_named_by_dimension_and_side() {
        let listing = |subject| Listing { subject, index: ConceptIndex::default(), dimensions: 30 };
        let neurons = listing(Subject::Neurons);
        assert_eq!([neurons.name(12), neurons.name(42)], ["N12+", "N12−"]);
        assert_eq!(listing(Subject::Concepts).name(42), "C42");
    }
}
