//! A type for every kind of index, so that a concept cannot be passed where a gene is meant.

use serde::{Deserialize, Serialize};

macro_rules! index_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// The index as a position in a slice.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl From<usize> for $name {
            /// # Panics
            /// If the index does not fit 32 bits; inputs are checked against that limit when they are read.
            fn from(index: usize) -> Self {
                Self(u32::try_from(index).expect("sizes are checked to fit 32 bits when they are read"))
            }
        }
    };
}

index_type!(
    /// A row of the count matrix and of the embeddings.
    CellId
);
index_type!(
    /// A gene, in the model's order unless said otherwise.
    GeneId
);
index_type!(
    /// A column of the dictionary.
    ConceptId
);
