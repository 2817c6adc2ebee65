//! The tiny scGPT of the importer's tests, which knows six genes of the demonstration's cells.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::cellprism;

/// Its genes.
pub const GENES: [&str; 6] = ["LYZ", "CD3D", "MS4A1", "NKG7", "S100A8", "CD79A"];

/// Imports it below `work`; the model's folder.
///
/// # Panics
/// If a file cannot be written, or the checkpoint is refused.
#[allow(clippy::unwrap_used)] // tests end where something is missing
pub fn tiny_scgpt(work: &Path) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../onnx/tests/fixtures");
    let (checkpoint, model) = (work.join("checkpoint"), work.join("models/scgpt"));
    fs::create_dir(&checkpoint).unwrap();
    for (from, to) in [("tiny_scgpt.pt", "best_model.pt"), ("tiny_args.json", "args.json")] {
        fs::copy(fixtures.join(from), checkpoint.join(to)).unwrap();
    }
    let mut vocabulary = fs::read_to_string(fixtures.join("tiny_vocab.json")).unwrap();
    for (number, gene) in GENES.iter().enumerate() {
        vocabulary = vocabulary.replace(&format!("\"G{number}\""), &format!("\"{gene}\""));
    }
    fs::write(checkpoint.join("vocab.json"), vocabulary).unwrap();
    cellprism(&[&"import", &"scgpt", &checkpoint, &"--out", &model]).succeeded();
    model
}
