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

/// Reads a file of the model and gives the card in it.
type ReadCard = fn(&[u8]) -> Result<ModelCard, String>;

/// Files with a card. Of models that the page cannot run only the first is there.
const CARDS: [(&str, ReadCard); 3] = [
    (path::MODEL_CARD, |json| ModelCard::from_json(json).map_err(|e| e.to_string())),
    (path::MODEL_ENCODER, |bytes| {
        ScviEncoder::from_safetensors(bytes).map(|encoder| encoder.card().clone()).map_err(|e| e.to_string())
    }),
    (path::MODEL_DECODER, |bytes| {
        ScviDecoder::from_safetensors(bytes).map(|decoder| decoder.card().clone()).map_err(|e| e.to_string())
    }),
];

fn foundation(bundle: &Bundle<'_>, genes: Option<&GeneIndex>, report: &mut Report) {
    let listed = bundle.manifest.files.contains_key(path::MODEL_ENCODER);
    report.expect(listed == bundle.manifest.model.in_browser, path::MODEL_ENCODER, || {
        "the manifest says otherwise about whether the page can recompute (model.in_browser)".into()
    });
    let mut cards = Vec::new();
    for (file, read) in CARDS {
        match bundle.content(file, report).map(|bytes| read(&bytes)) {
            Some(Ok(card)) => cards.push((file, card)),
            Some(Err(error)) => report.note(file, error),
            None => {}
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
