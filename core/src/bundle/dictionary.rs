//! `sae/`: the sparse autoencoder, in SAELens' layout.

use super::{
    checking::{Bundle, Report},
    manifest::MANIFEST,
};
use crate::sae::{SaeConfig, SaeWeights};

/// Folder of the sparse autoencoder.
pub const SAE: &str = "sae";
/// Configuration of the sparse autoencoder.
pub const SAE_CONFIG: &str = "sae/cfg.json";
/// Its weights.
pub const SAE_WEIGHTS: &str = "sae/sae_weights.safetensors";

/// Sizes as in the manifest, and weights of those sizes.
pub(super) fn check(bundle: &Bundle<'_>, report: &mut Report) {
    let Some(json) = bundle.content(SAE_CONFIG, report) else { return };
    let config = match SaeConfig::from_json(&json) {
        Ok(config) => config,
        Err(error) => return report.note(SAE_CONFIG, error.to_string()),
    };
    let counts = &bundle.manifest.counts;
    for (what, found, expected) in [
        ("d_in", config.d_in, counts.embedding),
        ("d_sae", config.d_sae, counts.concepts),
        ("k", config.k, counts.active_per_cell),
    ] {
        report.same(SAE_CONFIG, what, found as u64, expected, MANIFEST);
    }
    let Some(bytes) = bundle.content(SAE_WEIGHTS, report) else { return };
    if let Err(error) = SaeWeights::from_safetensors(&json, &bytes) {
        report.note(SAE_WEIGHTS, error.to_string());
    }
}
