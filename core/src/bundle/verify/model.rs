//! The sparse autoencoder and the foundation model.

use super::{Bundle, Report};
use crate::{
    bundle::{GeneIndex, SaeMetricsRow, path},
    embedding::{
        card::ModelCard,
        scvi::{ScviDecoder, ScviEncoder},
    },
    sae::{SaeConfig, SaeWeights},
};

pub(super) fn check(bundle: &Bundle<'_>, genes: Option<&GeneIndex>, report: &mut Report) {
    autoencoder(bundle, report);
    foundation(bundle, genes, report);
    let _: Option<Vec<SaeMetricsRow>> = bundle.json(path::METRICS, report);
}

fn autoencoder(bundle: &Bundle<'_>, report: &mut Report) {
    let Some(json) = bundle.content(path::SAE_CONFIG, report) else { return };
    let config = match SaeConfig::from_json(&json) {
        Ok(config) => config,
        Err(error) => return report.note(path::SAE_CONFIG, error.to_string()),
    };
    let counts = &bundle.manifest.counts;
    for (what, found, expected) in [
        ("d_in", config.d_in, counts.embedding),
        ("d_sae", config.d_sae, counts.concepts),
        ("k", config.k, counts.active_per_cell),
    ] {
        report.same(path::SAE_CONFIG, what, found as u64, expected, path::MANIFEST);
    }
    let Some(bytes) = bundle.content(path::SAE_WEIGHTS, report) else { return };
    if let Err(error) = SaeWeights::from_safetensors(&json, &bytes) {
        report.note(path::SAE_WEIGHTS, error.to_string());
    }
}

fn foundation(bundle: &Bundle<'_>, genes: Option<&GeneIndex>, report: &mut Report) {
    let listed = bundle.manifest.files.contains_key(path::MODEL_ENCODER);
    report.expect(listed == bundle.manifest.model.in_browser, path::MODEL_ENCODER, || {
        "the manifest says otherwise about whether the page can recompute (model.in_browser)".into()
    });
    let mut cards = Vec::new();
    if let Some(json) = bundle.content(path::MODEL_CARD, report) {
        match ModelCard::from_json(&json) {
            Ok(card) => cards.push((path::MODEL_CARD, card)),
            Err(error) => report.note(path::MODEL_CARD, error.to_string()),
        }
    }
    if let Some(bytes) = bundle.content(path::MODEL_ENCODER, report) {
        match ScviEncoder::from_safetensors(&bytes) {
            Ok(encoder) => cards.push((path::MODEL_ENCODER, encoder.card().clone())),
            Err(error) => report.note(path::MODEL_ENCODER, error.to_string()),
        }
    }
    if let Some(bytes) = bundle.content(path::MODEL_DECODER, report) {
        match ScviDecoder::from_safetensors(&bytes) {
            Ok(decoder) => cards.push((path::MODEL_DECODER, decoder.card().clone())),
            Err(error) => report.note(path::MODEL_DECODER, error.to_string()),
        }
    }
    for (file, card) in cards {
        report.same(file, "latent", card.latent, bundle.manifest.counts.embedding, path::MANIFEST);
        // scGPT's card names no genes: they are in its vocabulary.
        if let Some(genes) = genes.filter(|_| !card.genes.is_empty()) {
            report.expect(card.genes == genes.symbols, file, || {
                format!("its genes are not those of {}", path::GENE_INDEX)
            });
        }
    }
}
