//! What reading damaged checkpoints must survive: each function is called by the loops of the tests with content that
//! they damage, and by the targets of `fuzz` with content that a fuzzer finds. They end in a model or in an error.
#![allow(dead_code)] // each user of this module calls some of them

use cellprism_onnx::{
    checkpoint::{pickle::Pickle, safetensors::SafetensorsFile},
    geneformer, scgpt, scimilarity, scvi,
};

/// A scvi-tools checkpoint: a zip archive with a pickle and tensors.
pub fn scvi(content: &[u8]) -> bool {
    scvi::import(content, "fuzz").is_ok()
}

/// A scGPT checkpoint with its two JSON files.
pub fn scgpt([model, args, vocabulary]: [&[u8]; 3]) -> bool {
    scgpt::import(scgpt::Files { model, args, vocabulary }, "fuzz").is_ok()
}

/// A SCimilarity checkpoint with its list of genes.
pub fn scimilarity([encoder, genes]: [&[u8]; 2]) -> bool {
    let files = scimilarity::Files { encoder, genes, layer_sizes: None, hyperparameters: None };
    scimilarity::import(files, "fuzz").is_ok()
}

/// A Geneformer checkpoint with its pickled dictionaries.
pub fn geneformer([model, tokens, medians, symbols]: [&[u8]; 4]) -> bool {
    let config =
        br#"{"model_type": "bert", "hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 12,
        "num_hidden_layers": 2, "vocab_size": 10, "max_position_embeddings": 7}"#;
    let files = geneformer::Files { config, model, tokens, medians, symbols: Some(symbols) };
    geneformer::import(files, geneformer::Reading::default(), "fuzz").is_ok()
}

/// A pickle. Walking what was read must end too, whatever contains itself.
pub fn pickle(content: &[u8]) -> bool {
    Pickle::read(content).is_ok_and(|pickle| pickle.root().entries().count() < usize::MAX)
}

/// A safetensors file.
pub fn safetensors(content: &[u8]) -> bool {
    let Ok(file) = SafetensorsFile::read(content) else { return false };
    file.names().iter().all(|name| file.tensor(name).is_ok())
}
