//! Import of any other encoder: a ready ONNX file with a card written by hand.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context, bail};
use cellprism_core::embedding::card::{CARD_FORMAT, ModelCard, ModelKind, Normalize};
use cellprism_onnx::folder::sha256;
use serde_json::{Map, Value, json};

use super::probe::probe;
use crate::{
    models::folder::{LARGEST_CARD, read_bounded},
    runtime::{Device, patience::PATIENCE_AT_IMPORT, session::Runtime},
    work::{output::OutputFolder, regular},
};

/// What a card of an encoder may say. Anything else is refused: a misspelt "normalize" would change every number.
const FIELDS: [&str; 17] = [
    "format",
    "kind",
    "name",
    "genes",
    "latent",
    "preprocessing",
    "normalize",
    "log1p",
    "feed_log1p",
    "input",
    "output",
    "covariates",
    "encode_covariates",
    "opset",
    "precision",
    "source_file",
    "source_sha256",
];

/// Copies an ONNX file and its card into a model folder, after running a few made-up cells through it.
///
/// The card needs `genes` and `latent`; `normalize` and `feed_log1p` say what is fed. What it leaves out is filled in.
///
/// # Errors
/// If the card is refused, or the graph is not what it describes. Nothing is left at `out` then.
pub fn import(
    encoder: &Path,
    card: &Path,
    out: &Path,
    onnxruntime: Option<&Path>,
) -> anyhow::Result<ModelCard> {
    let json =
        regular::read(card, LARGEST_CARD).with_context(|| format!("cannot read {}", card.display()))?;
    let mut described = read_card(&json, encoder).with_context(|| card.display().to_string())?;
    let graph = read_bounded(encoder)?;
    described.source_sha256 = sha256(&graph);
    let folder = OutputFolder::create(out).with_context(|| format!("cannot write {}", out.display()))?;
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
    };
    write("model.onnx", &graph)?;
    drop(graph);
    // Opened from the new folder, so that weights in a file beside the original do not count.
    let runtime = Runtime::start(onnxruntime)?;
    let mut session = runtime.open(&folder.path().join("model.onnx"), Device::Cpu, 0).with_context(|| {
        format!(
            "{} cannot be opened as an ONNX file of its own (weights kept in a second file must be saved into it)",
            encoder.display()
        )
    })?;
    session.set_patience(PATIENCE_AT_IMPORT);
    probe(&mut described, &mut session)
        .with_context(|| format!("{} is not what {} describes", encoder.display(), card.display()))?;
    write("model.json", described.to_json()?.as_bytes())?;
    folder.finish().with_context(|| format!("cannot write {}", out.display()))?;
    Ok(described)
}

/// Reads a card with what may be left out.
fn read_card(json: &[u8], encoder: &Path) -> anyhow::Result<ModelCard> {
    let Value::Object(mut fields) = serde_json::from_slice(json).context("not JSON")? else {
        bail!("not an object of fields");
    };
    if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        bail!("{unknown:?} is no field of an encoder's card; it may have {}", FIELDS.join(", "));
    }
    let stem =
        encoder.file_stem().map_or_else(|| "encoder".into(), |stem| stem.to_string_lossy().into_owned());
    let file = encoder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut default = |name: &str, value: Value| {
        fields.entry(name).or_insert(value);
    };
    default("format", json!(CARD_FORMAT));
    default("kind", json!("onnx"));
    default("name", json!(stem));
    default("precision", json!("float32"));
    fields.insert("source_file".into(), json!(file));
    let said = fields.contains_key("preprocessing");
    fields.entry("preprocessing").or_insert_with(|| json!(""));
    let mut card = card_of(fields)?;
    if card.kind != ModelKind::Onnx {
        bail!("\"kind\" is {:?}; `cellprism import {}` imports it", card.kind.name(), card.kind.name());
    }
    if !said {
        card.preprocessing = in_words(&card);
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = card.genes.iter().find(|gene| !seen.insert(gene.as_str())) {
        bail!("\"genes\" has {twice:?} twice");
    }
    Ok(card)
}

fn card_of(fields: Map<String, Value>) -> anyhow::Result<ModelCard> {
    Ok(ModelCard::from_json(&serde_json::to_vec(&Value::Object(fields))?)?)
}

/// What is done to counts.
fn in_words(card: &ModelCard) -> String {
    let counts = match card.normalize {
        Normalize::None => "raw counts".into(),
        Normalize::Sum(sum) => format!("counts scaled to a sum of {sum}"),
    };
    if card.feed_log1p || card.log1p { format!("{counts}, log1p") } else { counts }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(json: &str) -> anyhow::Result<ModelCard> {
        read_card(json.as_bytes(), Path::new("mine.onnx"))
    }

    #[test]
    fn genes_and_latent_are_enough() {
        let found =
            card(r#"{"genes": ["A", "B"], "latent": 2, "normalize": {"sum": 10000.0}, "feed_log1p": true}"#);
        let found = found.unwrap();
        assert_eq!((found.name.as_str(), found.kind), ("mine", ModelKind::Onnx));
        assert_eq!(found.preprocessing, "counts scaled to a sum of 10000, log1p");
    }

    #[test]
    fn misspelt_and_repeated_entries_are_named() {
        let refused = |json: &str| format!("{:#}", card(json).unwrap_err());
        assert!(refused(r#"{"genes": ["A"], "latent": 2, "normalise": "none"}"#).contains("\"normalise\""));
        assert!(refused(r#"{"genes": ["A", "A"], "latent": 2}"#).contains("\"A\" twice"));
        assert!(refused(r#"{"genes": ["A"]}"#).contains("latent"));
        assert!(refused("[]").contains("object"));
        assert!(refused(r#"{"kind": "scvi", "genes": ["A"], "latent": 2}"#).contains("import scvi"));
    }
}
