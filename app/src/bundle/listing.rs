//! What is described: the dictionary's concepts, or the embedding's own dimensions as their baseline.

use cellprism_core::bundle::{ConceptIndex, ConceptRow, Side, path};

/// Whose readings they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Concepts of the dictionary.
    Concepts,
    /// Both sides of every dimension of the embedding.
    Neurons,
}

impl Subject {
    /// Its folder in the bundle.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Concepts => path::CONCEPTS,
            Self::Neurons => path::NEURONS,
        }
    }

    /// The file of its index.
    pub fn index_file(self) -> &'static str {
        match self {
            Self::Concepts => path::CONCEPT_INDEX,
            Self::Neurons => path::NEURON_INDEX,
        }
    }

    /// "concept", "neuron".
    pub fn one(self) -> &'static str {
        match self {
            Self::Concepts => "concept",
            Self::Neurons => "neuron",
        }
    }

    /// "Concepts", "Neurons".
    pub fn title(self) -> &'static str {
        match self {
            Self::Concepts => "Concepts",
            Self::Neurons => "Neurons",
        }
    }

    /// Address of the list.
    pub fn list(self) -> String {
        format!("#/{}s", self.one())
    }

    /// Address of one page.
    pub fn link(self, id: u32) -> String {
        format!("#/{}/{id}", self.one())
    }
}

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
        match self.subject {
            Subject::Concepts => format!("C{id}"),
            Subject::Neurons if id < self.dimensions => format!("N{id}+"),
            Subject::Neurons => format!("N{}−", id - self.dimensions),
        }
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
        assert_eq!(Subject::Neurons.link(42), "#/neuron/42");
    }
}
