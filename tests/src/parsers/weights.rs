//! Published weights.

use cellprism_onnx::{
    checkpoint::{pickle::Pickle, safetensors::SafetensorsFile, zip::Archive},
    geneformer, overcomplete as sae, scgpt, scimilarity, scvi as scvi_tools,
};

use super::zip::mended;

/// A file beside the one that is damaged.
macro_rules! beside {
    ($name:literal) => {
        include_bytes!(concat!("../../../onnx/tests/fixtures/", $name))
    };
}

/// A pickle. Walking what was read must end too, whatever contains itself.
pub(super) fn pickle(content: &[u8]) -> bool {
    let Ok(pickle) = Pickle::read(content) else { return false };
    for (key, value) in pickle.root().entries() {
        let _ = (key.owned_text(), value.label(), value.labels(), value.tensor());
        if let Some(array) = value.array() {
            let _ = array.labels("fuzz");
        }
    }
    true
}

/// An archive of torch, without what is in it; as it is, and with its checksums mended.
pub(super) fn archive(content: &[u8]) -> bool {
    let whole = Archive::read(content).is_ok_and(|archive| archive.names().count() > 0);
    whole | Archive::read(&mended(content)).is_ok()
}

/// A safetensors file.
pub(super) fn safetensors(content: &[u8]) -> bool {
    let Ok(file) = SafetensorsFile::read(content) else { return false };
    file.names().iter().all(|name| file.tensor(name).is_ok())
}

/// A checkpoint of scvi-tools.
pub(super) fn scvi(content: &[u8]) -> bool {
    let read = |content: &[u8]| scvi_tools::import(content, "fuzz").is_ok();
    read(content) | read(&mended(content))
}

/// The weights of scGPT, with the other files whole.
pub(super) fn scgpt(content: &[u8]) -> bool {
    let read = |model: &[u8]| {
        let (args, vocabulary) = (beside!("tiny_args.json"), beside!("tiny_vocab.json"));
        scgpt::import(scgpt::Files { model, args, vocabulary }, "fuzz").is_ok()
    };
    // Beside its own files, or as one of them.
    let model = beside!("tiny_scgpt.pt");
    let (args, vocabulary) = (beside!("tiny_args.json"), beside!("tiny_vocab.json"));
    let other = scgpt::import(scgpt::Files { model, args: content, vocabulary }, "fuzz").is_ok()
        | scgpt::import(scgpt::Files { model, args, vocabulary: content }, "fuzz").is_ok();
    other | read(content) | read(&mended(content))
}

/// The weights of SCimilarity, with the other files whole.
pub(super) fn scimilarity(content: &[u8]) -> bool {
    let read = |encoder: &[u8]| {
        let genes = beside!("tiny_scimilarity.tsv");
        let files = scimilarity::Files { encoder, genes, layer_sizes: None, hyperparameters: None };
        scimilarity::import(files, "fuzz").is_ok()
    };
    read(content) | read(&mended(content))
}

/// One of the files of Geneformer, with the others whole.
pub(super) fn geneformer(content: &[u8]) -> bool {
    let config =
        br#"{"model_type": "bert", "hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 12,
        "num_hidden_layers": 2, "vocab_size": 10, "max_position_embeddings": 7}"#;
    let whole: [&[u8]; 5] = [
        config,
        beside!("tiny_geneformer.safetensors"),
        beside!("tiny_geneformer_tokens.pkl"),
        beside!("tiny_geneformer_medians.pkl"),
        beside!("tiny_geneformer_symbols.pkl"),
    ];
    (0..whole.len()).fold(false, |any, damaged| {
        let mut files = whole;
        files[damaged] = content;
        let [config, model, tokens, medians, symbols] = files;
        let files = geneformer::Files { config, model, tokens, medians, symbols: Some(symbols) };
        any | geneformer::import(files, geneformer::Reading::default(), "fuzz").is_ok()
    })
}

/// A dictionary of overcomplete.
pub(super) fn overcomplete(content: &[u8]) -> bool {
    sae::read(content, 3).is_ok() | sae::read(&mended(content), 3).is_ok()
}

/// Embeddings, as they are opened and as they are read whole.
pub(super) fn embeddings(content: &[u8]) -> bool {
    super::in_file(content, |path| {
        cellprism_gpu_backend::files::embeddings::open(path).is_ok_and(|file| file.read().is_ok())
    })
}
