//! Cards and configurations.

use std::ffi::OsString;

use cellprism_core::{embedding::card::ModelCard, sae::SaeConfig};
use cellprism_gpu_backend::cli::{Cli, config};
use clap::Parser as _;

/// A model's card. What is read is written and read again as the same.
pub(super) fn card(content: &[u8]) -> bool {
    let Ok(card) = ModelCard::from_json(content) else { return false };
    let text = card.to_json().expect("it was JSON");
    assert_eq!(ModelCard::from_json(text.as_bytes()).expect("it was written here"), card);
    true
}

/// A dictionary's `cfg.json`, likewise.
pub(super) fn sae_config(content: &[u8]) -> bool {
    let Ok(config) = SaeConfig::from_json(content) else { return false };
    assert_eq!(SaeConfig::from_json(config.to_json().as_bytes()).expect("it was written here"), config);
    true
}

/// A `run.toml`: options that `cellprism run` then has.
pub(super) fn config(content: &[u8]) -> bool {
    super::in_file(content, |path| {
        let words = ["cellprism", "run", "--config"].map(OsString::from);
        let words = words.into_iter().chain([path.as_os_str().to_owned()]).collect();
        config::expand(words).is_ok_and(|arguments| Cli::try_parse_from(arguments).is_ok())
    })
}
