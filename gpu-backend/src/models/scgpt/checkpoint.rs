//! A published checkpoint, and what lies beside the graph once it is imported.

use std::path::Path;

use anyhow::{Context, bail};
use cellprism_core::embedding::{card::ScgptSizes, scgpt::Vocabulary};
use cellprism_onnx::{folder::ModelFolder, scgpt};

use crate::models::{
    Model,
    folder::{name_of, read_bounded},
};

/// The vocabulary beside the weights and beside the graph.
pub const VOCABULARY: &str = "vocab.json";

/// Reads an scGPT checkpoint folder (or its `best_model.pt`), with `args.json` and `vocab.json` beside the weights.
///
/// # Errors
/// If a file is missing, refused or damaged, or they do not fit. Nothing in them is executed.
pub fn import(checkpoint: &Path) -> anyhow::Result<ModelFolder> {
    let file = if checkpoint.is_dir() { checkpoint.join("best_model.pt") } else { checkpoint.to_owned() };
    let folder = file.parent().unwrap_or(Path::new("."));
    let (model, args, vocabulary) = (
        read_bounded(&file)?,
        read_bounded(&folder.join("args.json"))?,
        read_bounded(&folder.join(VOCABULARY))?,
    );
    let files = scgpt::Files { model: &model, args: &args, vocabulary: &vocabulary };
    scgpt::import(files, &name_of(&file, "scGPT")).with_context(|| folder.display().to_string())
}

/// Sizes and vocabulary of an imported model.
///
/// # Errors
/// If it is another model, or `vocab.json` is missing or does not fit the card.
pub fn vocabulary(model: &Model) -> anyhow::Result<(&ScgptSizes, Vocabulary)> {
    let Some(sizes) = &model.card.scgpt else { bail!("{} is no scGPT model", model.folder.display()) };
    let path = model.folder.join(VOCABULARY);
    let vocabulary = Vocabulary::from_json(&read_bounded(&path)?, &sizes.pad_token)
        .with_context(|| path.display().to_string())?;
    let found = (vocabulary.len(), vocabulary.pad(), vocabulary.cls());
    if found != (sizes.vocabulary as usize, sizes.pad, sizes.cls) {
        bail!("{} does not belong to the model.json beside it: import the model again", path.display());
    }
    Ok((sizes, vocabulary))
}
