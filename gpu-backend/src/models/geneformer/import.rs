//! The published files, found in their folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use cellprism_onnx::{
    folder::ModelFolder,
    geneformer::{self, Files, Reading},
};

use crate::models::folder::{name_of, read_bounded};

/// Reads a Geneformer checkpoint folder (or its `model.safetensors`), with `config.json` and the dictionaries beside the
/// weights. The dictionaries may have the name of their corpus, as `token_dictionary_gc104M.pkl`.
///
/// # Errors
/// If a file is missing, refused or damaged, or they do not fit. Nothing in them is executed.
pub fn import(checkpoint: &Path, reading: Reading) -> anyhow::Result<ModelFolder> {
    let file = if checkpoint.is_dir() { checkpoint.join("model.safetensors") } else { checkpoint.to_owned() };
    let folder = file.parent().unwrap_or(Path::new("."));
    let needed = |stem: &str| {
        dictionary(folder, stem)?.with_context(|| {
            format!(
                "no {stem}.pkl in {}: Geneformer's package has it, put it beside model.safetensors",
                folder.display()
            )
        })
    };
    let model = read_bounded(&file)?;
    let config = read_bounded(&folder.join("config.json"))?;
    let tokens = read_bounded(&needed("token_dictionary")?)?;
    let medians = read_bounded(&needed("gene_median_dictionary")?)?;
    let symbols = dictionary(folder, "gene_name_id_dict")?.map(|path| read_bounded(&path)).transpose()?;
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

/// `STEM.pkl`, or the only one of the names that begin so.
fn dictionary(folder: &Path, stem: &str) -> anyhow::Result<Option<PathBuf>> {
    let plain = folder.join(format!("{stem}.pkl"));
    if plain.exists() {
        return Ok(Some(plain));
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with(stem) && name.ends_with(".pkl") {
            found.push(path);
        }
    }
    found.sort();
    if let [first, second, ..] = &found[..] {
        bail!(
            "{} and {} are both there: leave the one that belongs to the model",
            first.display(),
            second.display()
        );
    }
    Ok(found.pop())
}
