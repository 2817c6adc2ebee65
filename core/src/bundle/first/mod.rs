//! What a page loads first of a large bundle: some of the cells, short rows, quantised activations. Everything here is also
//! in a complete file, which a page fetches when it is asked for all of it.
//!
//! | file of a bundle | file here |
//! |---|---|
//! | `cells/first.safetensors`, `cells/first.NN.safetensors` | `cells` |
//! | `concepts/first.json.gz`, `neurons/first.json.gz`, `genes/first.json.gz` | `index` |
//! | `concepts/NNNN.q8.safetensors` | `activations` |
//! | `concepts/NNNN.first.safetensors` | `concept` |

mod activations;
mod cells;
mod concept;
mod index;
mod packed;

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;
use serde::{Deserialize, Serialize};

pub use activations::{FirstActivations, first_activations};
pub use cells::{FIRST_CELLS, FirstCodes, FirstMap, first_codes};
pub use concept::{FirstConcept, first_concept};
pub use index::{FIRST_GENES, FIRST_INDEX, FIRST_NEURONS, FirstGenes, FirstIndex};

pub(super) use index::{check as check_index, check_neurons};

use super::{
    CellMetadata, Counts, Manifest,
    checking::{Bundle, Report},
};

/// Most cells of a first view.
pub const MOST_FIRST: u32 = 50_000;
/// Sizes up to which a page loads complete files at once.
const FEW_CELLS: u32 = 10_000;
const FEW_GENES: u32 = 3_000;
const FEW_CONCEPTS: u32 = 1_000;

/// What a page loads first, and of which cells: the same number of cells from every stretch of the file, each chosen at
/// random within its stretch. [`FirstView::rows`] says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FirstView {
    /// Cells.
    pub cells: u32,
    /// Seed of the choice within each stretch.
    pub seed: u64,
}

impl FirstView {
    /// The first view of a bundle of these sizes; none where its complete files are small.
    pub fn of(counts: &Counts) -> Option<Self> {
        let small =
            counts.cells <= FEW_CELLS && counts.genes_model <= FEW_GENES && counts.concepts <= FEW_CONCEPTS;
        (!small).then_some(Self { cells: counts.cells.min(MOST_FIRST), seed: 1 })
    }

    /// Rows of the cells among `cells`, rising: of stretch i, from i·n/s on, the one that SplitMix64 of `seed` + i draws.
    ///
    /// ```
    /// use cellprism_core::bundle::FirstView;
    ///
    /// let rows = FirstView { cells: 3, seed: 1 }.rows(9);
    /// assert!(rows.len() == 3 && rows[0] < 3 && (3..6).contains(&rows[1]) && rows[2] >= 6);
    /// assert_eq!(FirstView { cells: 3, seed: 1 }.rows(3), [0, 1, 2]);
    /// ```
    pub fn rows(&self, cells: u32) -> Vec<u32> {
        let (n, s) = (u64::from(cells), u64::from(self.cells.min(cells)));
        (0..s)
            .map(|i| {
                let (start, end) = (i * n / s, (i + 1) * n / s);
                let mut rng = SplitMix64::seed_from_u64(self.seed.wrapping_add(i));
                (start + rng.next_u64() % (end - start)) as u32
            })
            .collect()
    }

    /// What is at these rows; a row beyond the end has none.
    pub fn at<T: Copy>(&self, all: &[T]) -> Vec<T> {
        self.rows(all.len() as u32).iter().filter_map(|&row| all.get(row as usize).copied()).collect()
    }
}

/// The files of the first view against the complete ones.
pub(super) fn check(bundle: &Bundle<'_>, metadata: Option<&CellMetadata>, report: &mut Report) {
    let Some(first) = bundle.manifest.first else { return };
    let cells = bundle.manifest.counts.cells;
    let fits = first.cells > 0 && first.cells <= cells.min(u32::from(u16::MAX));
    report.expect(fits, super::path::MANIFEST, || {
        format!("a first view of {} cells among {cells}", first.cells)
    });
    if fits && let Some(metadata) = metadata {
        cells::check(bundle, first, metadata, report);
    }
}

/// The first view of one concept or neuron against its complete files.
pub(super) fn check_concept(
    bundle: &Bundle<'_>,
    folder: &str,
    id: crate::ids::ConceptId,
    report: &mut Report,
) {
    let Manifest { first: Some(first), counts, .. } = &bundle.manifest else { return };
    activations::check(bundle, folder, id, &first.rows(counts.cells), report);
    concept::check(bundle, folder, id, report);
}
