//! What is published, and the dictionary beside the graph once it is imported.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use cellprism_core::embedding::{card::GeneformerSizes, geneformer::Dictionary};
use cellprism_onnx::{
    folder::{ModelFolder, sha256},
    geneformer::{self, Files, Reading},
};

use crate::models::{
    Model,
    folder::{name_of, read_bounded},
};

/// The weights.
const WEIGHTS: &str = "model.safetensors";
/// Tokens of genes, in a file of that name and `.pkl`.
const TOKENS: &str = "token_dictionary";
/// Their medians.
const MEDIANS: &str = "gene_median_dictionary";
/// Their symbols.
const SYMBOLS: &str = "gene_name_id_dict";
/// Where the published models lie, the package that holds their dictionaries.
const PACKAGE: &str = "../geneformer";
/// Tokens, medians and symbols beside the graph.
pub const GENES: &str = "genes.tsv";

/// Whether a folder, or a file in one, is such a checkpoint.
pub fn is_there(path: &Path) -> bool {
    let folder = match path.file_name() {
        Some(name) if name == WEIGHTS => path.parent().unwrap_or(Path::new(".")),
        _ => path,
    };
    let has_tokens = |folder: &Path| pickled(folder, TOKENS).is_ok_and(|found| !found.is_empty());
    folder.join(WEIGHTS).exists() && (has_tokens(folder) || has_tokens(&folder.join(PACKAGE)))
}

/// Reads a Geneformer checkpoint folder (or its `model.safetensors`), with `config.json` and the dictionaries beside the
/// weights. The dictionaries may have the name of their corpus, as `token_dictionary_gc104M.pkl`.
///
/// # Errors
/// If a file is missing, refused or damaged, or they do not fit. Nothing in them is executed.
pub fn import(checkpoint: &Path, reading: Reading) -> anyhow::Result<ModelFolder> {
    let file = if checkpoint.is_dir() { checkpoint.join(WEIGHTS) } else { checkpoint.to_owned() };
    let folder = file.parent().unwrap_or(Path::new("."));
    let needed = |stem: &str| {
        only(folder, stem)?.with_context(|| {
            format!(
                "no {stem}.pkl in {}: Geneformer's package has it, put the one of the model's corpus beside model.safetensors",
                folder.display()
            )
        })
    };
    let model = read_bounded(&file)?;
    let config = read_bounded(&folder.join("config.json"))?;
    let tokens = read_bounded(&needed(TOKENS)?)?;
    let medians = read_bounded(&needed(MEDIANS)?)?;
    let symbols = only(folder, SYMBOLS)?.map(|path| read_bounded(&path)).transpose()?;
    let files = Files {
        config: &config,
        model: &model,
        tokens: &tokens,
        medians: &medians,
        symbols: symbols.as_deref(),
    };
    geneformer::import(files, reading, &name_of(&file, "Geneformer"))
        .with_context(|| folder.display().to_string())
}

/// Files of that name, as it is or with the name of a corpus.
fn pickled(folder: &Path, stem: &str) -> std::io::Result<Vec<PathBuf>> {
    let plain = folder.join(format!("{stem}.pkl"));
    if plain.exists() {
        return Ok(vec![plain]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with(stem) && name.ends_with(".pkl") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The only file of that name, where there is one: beside the weights, or in the package beside the models' folders.
fn only(folder: &Path, stem: &str) -> anyhow::Result<Option<PathBuf>> {
    let mut found = pickled(folder, stem).with_context(|| format!("cannot read {}", folder.display()))?;
    if found.is_empty() {
        found = pickled(&folder.join(PACKAGE), stem).unwrap_or_default();
    }
    if let [first, second, ..] = &found[..] {
        bail!(
            "{} and {} are both there: leave the one that belongs to the model",
            first.display(),
            second.display()
        );
    }
    Ok(found.pop())
}

/// Sizes and dictionary of an imported model.
///
/// # Errors
/// If it is another model, or `genes.tsv` is missing or does not belong to the card.
pub fn dictionary(model: &Model) -> anyhow::Result<(&GeneformerSizes, Dictionary)> {
    let Some(sizes) = &model.card.geneformer else {
        bail!("{} is no Geneformer model", model.folder.display())
    };
    let path = model.folder.join(GENES);
    let file = read_bounded(&path)?;
    if sha256(&file) != sizes.dictionary_sha256 {
        bail!("{} does not belong to the model.json beside it: import the model again", path.display());
    }
    let text = String::from_utf8(file).with_context(|| path.display().to_string())?;
    Ok((sizes, Dictionary::from_tsv(&text).with_context(|| path.display().to_string())?))
}
