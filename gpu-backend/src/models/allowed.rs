//! What was said at import, held against what each kind may be told.

use anyhow::bail;

use super::{KINDS, Kind, Setting, Settings};

/// Refuses what the kind does not know; what would change nothing may be said to any kind.
///
/// # Errors
/// Names the setting, and whom it is for.
pub fn check_settings(settings: &Settings, kind: &dyn Kind) -> anyhow::Result<()> {
    for (name, said) in &settings.0 {
        let known = kind.words().settings.iter().find(|setting| setting.name == name);
        match known.or_else(|| elsewhere(name)) {
            Some(Setting { choices, .. }) if !choices.is_empty() && !choices.contains(&said.as_str()) => {
                bail!("--{name} {said}: say one of {}", choices.join(", "));
            }
            Some(setting) if known.is_some() || setting.choices.first() == Some(&said.as_str()) => {}
            _ => {
                let whom = whom(name).join(", ");
                bail!("--{name} is for {whom}; a model of kind {} has no such setting", kind.kind().name());
            }
        }
    }
    Ok(())
}

fn elsewhere(name: &str) -> Option<&'static Setting> {
    KINDS.iter().flat_map(|kind| kind.words().settings).find(|setting| setting.name == name)
}

/// Names of the kinds that know a setting.
pub fn whom(name: &str) -> Vec<&'static str> {
    let knows = |kind: &&&dyn Kind| kind.words().settings.iter().any(|setting| setting.name == name);
    KINDS.iter().filter(knows).map(|kind| kind.kind().name()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cellprism_core::embedding::card::ModelKind;

    use super::*;
    use crate::models::find;

    #[test]
    fn settings_are_for_their_kinds() {
        let check = |kind: ModelKind, name: &str, said: &str| {
            let said = Settings(BTreeMap::from([(name.to_owned(), said.to_owned())]));
            check_settings(&said, find(kind).unwrap()).map_err(|error| error.to_string())
        };
        assert!(check(ModelKind::Geneformer, "pooling", "mean").is_ok());
        assert!(check(ModelKind::Scvi, "precision", "float32").is_ok(), "changes nothing");
        assert!(check(ModelKind::Scvi, "precision", "float16").unwrap_err().contains("for scgpt"));
        assert!(check(ModelKind::Scvi, "card", "card.json").unwrap_err().contains("for onnx"));
        assert!(check(ModelKind::Geneformer, "layer", "-7").unwrap_err().contains("one of -1, 0"));
        assert!(check(ModelKind::Geneformer, "colour", "red").is_err());
    }
}
