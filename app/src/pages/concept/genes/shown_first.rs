//! What a side's table, its picture and a gene's card must agree on.

use cellprism_core::bundle::ModelKind;

use super::Shown;

/// Genes shown at first.
pub const FIRST: usize = 10;

/// Whether the model reads counts as they are.
pub fn reads_counts(shown: &Shown) -> bool {
    shown.bundle.manifest.model.kind == ModelKind::Scvi
}
