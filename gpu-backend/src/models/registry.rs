//! The kinds of models.

use std::path::Path;

use cellprism_core::embedding::card::ModelKind;

use super::{Kind, geneformer, onnx, scgpt, scimilarity, scvi};

/// All kinds, in the order in which a checkpoint is offered to them.
pub const KINDS: &[&dyn Kind] =
    &[&scgpt::Scgpt, &geneformer::Geneformer, &scimilarity::Scimilarity, &scvi::Scvi, &onnx::Onnx];

/// A kind by its card.
///
/// # Errors
/// If this program does not know it.
pub fn find(kind: ModelKind) -> anyhow::Result<&'static dyn Kind> {
    let found = KINDS.iter().find(|known| known.kind() == kind);
    found.copied().ok_or_else(|| anyhow::anyhow!("this program knows no models of kind {:?}", kind.name()))
}

/// The kind that a checkpoint is of, by its files.
pub fn of_checkpoint(path: &Path) -> Option<&'static dyn Kind> {
    KINDS.iter().find(|kind| kind.recognises(path)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_are_recognised_by_their_files() {
        let folder = tempfile::tempdir().unwrap();
        let of = |path: &Path| of_checkpoint(path).map(|kind| kind.kind());
        assert_eq!(of(folder.path()), None);
        let file = folder.path().join("model.pt");
        std::fs::write(&file, "").unwrap();
        assert_eq!((of(folder.path()), of(&file)), (Some(ModelKind::Scvi), Some(ModelKind::Scvi)));
        std::fs::write(folder.path().join("best_model.pt"), "").unwrap();
        assert_eq!(of(folder.path()), Some(ModelKind::Scgpt));
    }

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in KINDS {
            assert_eq!(find(kind.kind()).unwrap().words().about, kind.words().about);
        }
    }
}
