//! `model/`: the foundation model's card, and its networks where the page can run them.

use super::{
    GeneIndex,
    checking::{Bundle, Report},
    gene_index::GENE_INDEX,
    manifest::MANIFEST,
};
use crate::{
    cells::{is_ensembl, strip_version},
    embedding::{
        card::ModelCard,
        scvi::{ScviDecoder, ScviEncoder},
    },
};

/// Folder of the foundation model.
pub const MODEL: &str = "model";
/// The foundation model's card.
pub const MODEL_CARD: &str = "model/model.json";
/// The foundation model's encoder, where the page can run it.
pub const MODEL_ENCODER: &str = "model/encoder.safetensors";
/// Its decoder, where the page can steer.
pub const MODEL_DECODER: &str = "model/decoder.safetensors";

/// Reads a file of the model and gives the card in it.
type ReadCard = fn(&[u8]) -> Result<ModelCard, String>;

/// Files with a card. Of models that the page cannot run only the first is there.
const CARDS: [(&str, ReadCard); 3] = [
    (MODEL_CARD, |json| ModelCard::from_json(json).map_err(|e| e.to_string())),
    (MODEL_ENCODER, |bytes| {
        ScviEncoder::from_safetensors(bytes).map(|encoder| encoder.card().clone()).map_err(|e| e.to_string())
    }),
    (MODEL_DECODER, |bytes| {
        ScviDecoder::from_safetensors(bytes).map(|decoder| decoder.card().clone()).map_err(|e| e.to_string())
    }),
];

/// Whether a model's genes are those of the index: names by their symbols, identifiers by identifiers, as the index shows
/// the symbols that these stand for.
fn same_genes(model: &[String], index: &GeneIndex) -> bool {
    let same = |(at, name): (usize, &String)| {
        let known = |names: &[String], name: &str| names.get(at).is_some_and(|found| found == name);
        known(&index.symbols, name) || is_ensembl(name) && known(&index.ensembl, strip_version(name))
    };
    model.len() == index.symbols.len() && model.iter().enumerate().all(same)
}

/// Cards of the sizes and genes of the bundle.
pub(super) fn check(bundle: &Bundle<'_>, genes: Option<&GeneIndex>, report: &mut Report) {
    let listed = bundle.manifest.files.contains_key(MODEL_ENCODER);
    report.expect(listed == bundle.manifest.model.in_browser, MODEL_ENCODER, || {
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
        report.same(file, "latent", card.latent, bundle.manifest.counts.embedding, MANIFEST);
        // scGPT's card names no genes: they are in its vocabulary.
        if let Some(genes) = genes.filter(|_| !card.genes.is_empty()) {
            report.expect(same_genes(&card.genes, genes), file, || {
                format!("its genes are not those of {GENE_INDEX}")
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_compared_with_identifiers() {
        let names = |names: [&str; 3]| names.map(str::to_owned).to_vec();
        let index = GeneIndex {
            symbols: names(["MS4A1", "LYZ", "ENSG00000290825"]),
            ensembl: names(["ENSG00000156738", "ENSG00000090382", ""]),
            ..GeneIndex::default()
        };
        for model in [
            ["MS4A1", "LYZ", "ENSG00000290825"],
            ["ENSG00000156738.18", "ENSG00000090382", "ENSG00000290825"],
            ["MS4A1", "ENSG00000090382.3", "ENSG00000290825"],
        ] {
            assert!(same_genes(&names(model), &index), "{model:?}");
        }
        for model in [
            ["ENSG00000090382", "ENSG00000156738", "ENSG00000290825"],
            ["ENSG00000156738", "CD79A", "ENSG00000290825"],
            ["MS4A1", "LYZ", ""],
        ] {
            assert!(!same_genes(&names(model), &index), "{model:?}");
        }
        assert!(!same_genes(&names(["MS4A1", "LYZ", "X"])[..2], &index));
    }
}
