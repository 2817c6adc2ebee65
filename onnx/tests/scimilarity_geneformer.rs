//! Checkpoints of SCimilarity and Geneformer: the tiny ones kept here are read, and what is wrong with others is named.
#![allow(clippy::unwrap_used)] // all of this file is tests

use cellprism_core::embedding::{
    card::{ModelKind, Normalize, Pooling},
    geneformer::Dictionary,
};
use cellprism_onnx::{geneformer, scimilarity};
use serde_json::Value;

const ENCODER: &[u8] = include_bytes!("fixtures/tiny_scimilarity.ckpt");
const GENES: &[u8] = include_bytes!("fixtures/tiny_scimilarity.tsv");
const MODEL: &[u8] = include_bytes!("fixtures/tiny_geneformer.safetensors");
const TOKENS: &[u8] = include_bytes!("fixtures/tiny_geneformer_tokens.pkl");
const MEDIANS: &[u8] = include_bytes!("fixtures/tiny_geneformer_medians.pkl");
const SYMBOLS: &[u8] = include_bytes!("fixtures/tiny_geneformer_symbols.pkl");

fn scimilarity_files<'a>() -> scimilarity::Files<'a> {
    scimilarity::Files { encoder: ENCODER, genes: GENES, layer_sizes: None, hyperparameters: None }
}

fn config() -> Value {
    let known: Value = serde_json::from_slice(include_bytes!("fixtures/tiny_geneformer.json")).unwrap();
    known["config"].clone()
}

/// What the import says of the tiny Geneformer with some files changed.
fn geneformer_refused(
    change: impl Fn(&mut Value, &mut geneformer::Files<'_>, &mut geneformer::Reading),
) -> String {
    let (mut config, mut reading) = (config(), geneformer::Reading::default());
    let mut files = geneformer::Files {
        config: &[],
        model: MODEL,
        tokens: TOKENS,
        medians: MEDIANS,
        symbols: Some(SYMBOLS),
    };
    change(&mut config, &mut files, &mut reading);
    let config = config.to_string();
    geneformer::import(geneformer::Files { config: config.as_bytes(), ..files }, reading, "tiny")
        .unwrap_err()
        .to_string()
}

/// A pickled dictionary of texts to values that are pickled already.
fn pickled(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = b"\x80\x02}(".to_vec();
    for (key, value) in entries {
        bytes.extend_from_slice(b"X");
        bytes.extend_from_slice(&(key.len() as u32).to_le_bytes());
        bytes.extend_from_slice(key.as_bytes());
        bytes.extend_from_slice(value);
    }
    bytes.extend_from_slice(b"u.");
    bytes
}

#[test]
fn scimilarity_is_read() {
    let known: Value = serde_json::from_slice(include_bytes!("fixtures/tiny_scimilarity.json")).unwrap();
    let (sizes, parameters) = (known["layer_sizes"].to_string(), known["hyperparameters"].to_string());
    let files = scimilarity::Files {
        layer_sizes: Some(sizes.as_bytes()),
        hyperparameters: Some(parameters.as_bytes()),
        ..scimilarity_files()
    };
    let folder = scimilarity::import(files, "tiny").unwrap();
    let card = folder.card;
    assert_eq!((card.kind, card.latent, card.genes.len()), (ModelKind::Scimilarity, 2, 5));
    assert_eq!((card.normalize, card.log1p, card.unit_length), (Normalize::Sum(10_000.0), true, true));
}

#[test]
fn scimilarity_files_that_do_not_fit_are_refused() {
    let refused = |files| scimilarity::import(files, "tiny").unwrap_err().to_string();
    let fewer = refused(scimilarity::Files { genes: b"G0\nG1\n", ..scimilarity_files() });
    assert!(fewer.contains("5 inputs") && fewer.contains("expected 2"), "{fewer}");
    let sizes = br#"{"network.0.1.weight": [4, 6]}"#;
    let other = refused(scimilarity::Files { layer_sizes: Some(sizes), ..scimilarity_files() });
    assert!(other.contains("layer_sizes.json") && other.contains("[4, 5]"), "{other}");
    for (json, says) in [
        (r#"{"latent_dim": 3}"#, "\"latent_dim\" is 3, in encoder.ckpt 2"),
        (r#"{"hidden_dim": [4]}"#, "\"hidden_dim\" is [4]"),
        (r#"{"residual": true}"#, "residual"),
        ("[]", "object"),
    ] {
        let said =
            refused(scimilarity::Files { hyperparameters: Some(json.as_bytes()), ..scimilarity_files() });
        assert!(said.contains("hyperparameters.json") && said.contains(says), "{said}");
    }
    let cut = refused(scimilarity::Files { encoder: &ENCODER[..ENCODER.len() - 30], ..scimilarity_files() });
    assert!(cut.contains("damaged"), "{cut}");
    let scvi = refused(scimilarity::Files {
        encoder: include_bytes!("fixtures/tiny_scvi.pt"),
        ..scimilarity_files()
    });
    assert!(scvi.contains("not an encoder saved by SCimilarity"), "{scvi}");
}

#[test]
fn geneformer_is_read() {
    let config = config().to_string();
    let files = geneformer::Files {
        config: config.as_bytes(),
        model: MODEL,
        tokens: TOKENS,
        medians: MEDIANS,
        symbols: Some(SYMBOLS),
    };
    let folder = geneformer::import(files, geneformer::Reading::default(), "tiny").unwrap();
    let sizes = folder.card.geneformer.unwrap();
    assert_eq!((sizes.layers, sizes.pooling, sizes.ends), (1, Pooling::Cls, Some([2, 3])));
    let genes = Dictionary::from_tsv(std::str::from_utf8(&folder.files["genes.tsv"]).unwrap()).unwrap();
    let first = &genes.entries()[0];
    assert_eq!(
        (first.gene.as_str(), first.token, first.symbols.as_slice()),
        ("ENSG00000000001", 4, &["G0".to_owned()][..])
    );
    assert!(folder.card.preprocessing.contains("at most 5; <cls> of the last but one layer"));
}

#[test]
fn geneformer_files_that_do_not_fit_are_refused() {
    let said = geneformer_refused(|config, _, _| config["vocab_size"] = 9.into());
    assert!(said.contains("token_dictionary.pkl") && said.contains("do not belong together"), "{said}");
    let said = geneformer_refused(|config, _, _| config["num_hidden_layers"] = 1.into());
    assert!(said.contains("bert.encoder.layer.1."), "{said}");
    let said = geneformer_refused(|config, _, _| config["num_hidden_layers"] = 3.into());
    assert!(said.contains("has no \"bert.encoder.layer.2."), "{said}");
    let said = geneformer_refused(|config, _, _| config["intermediate_size"] = 13.into());
    assert!(said.contains("expected [13, 8]"), "{said}");
    let said = geneformer_refused(|_, _, reading| reading.layer = -2);
    assert!(said.contains("layer -2"), "{said}");
    let said = geneformer_refused(|_, files, _| files.model = &MODEL[..MODEL.len() - 4]);
    assert!(said.contains("safetensors header"), "{said}");
    let said = geneformer_refused(|_, files, _| files.medians = &MEDIANS[..40]);
    assert!(
        said.contains("gene_median_dictionary.pkl: the pickle, byte")
            && said.contains("only 29 follow")
            && said.contains("download it again"),
        "{said}"
    );
}

#[test]
fn dictionaries_are_data() {
    let with_tokens =
        |tokens: &[u8]| geneformer_refused(|_, files, _| files.tokens = Box::leak(tokens.to_vec().into()));
    let said = with_tokens(b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00id\x85R.");
    assert!(
        said.contains("token_dictionary.pkl")
            && said.contains("refused os.system")
            && said.contains("nothing was executed"),
        "{said}"
    );
    let said = with_tokens(b"\x80\x02]\x85.");
    assert!(said.contains("holds a tuple, not a dictionary"), "{said}");
    let said = with_tokens(&pickled(&[("<pad>", b"K\x00"), ("ENSG1", b"K\x04"), ("ENSG1", b"K\x05")]));
    assert!(said.contains("\"ENSG1\" twice"), "{said}");
    let said = with_tokens(&pickled(&[("<pad>", b"K\x00"), ("ENSG1", b"]")]));
    assert!(said.contains("\"ENSG1\" has a list, which is no token"), "{said}");
    let said = with_tokens(&pickled(&[("ENSG1", b"K\x04")]));
    assert!(said.contains("no \"<pad>\""), "{said}");
    let said = with_tokens(&pickled(&[("<pad>", b"K\x00"), ("<cls>", b"K\x02")]));
    assert!(said.contains("only one of"), "{said}");
    let said = with_tokens(&pickled(&[
        ("<pad>", b"K\x00"),
        ("ENSG00000000001", b"K\x04"),
        ("ENSG00000000002", b"K\x04"),
    ]));
    assert!(said.contains("share the token 4"), "{said}");
    let said = with_tokens(&pickled(&[("<pad>", b"K\x00"), ("ENSG00000000001", b"K\x09")]));
    assert!(said.contains("--pooling mean"), "{said}");
    let medians = pickled(&[("ENSG00000000001", b"G\x00\x00\x00\x00\x00\x00\x00\x00")]);
    let said = geneformer_refused(|_, files, _| files.medians = Box::leak(medians.clone().into()));
    assert!(said.contains("the median of \"ENSG00000000001\" is 0"), "{said}");
    let medians = pickled(&[("ENSG9", b"K\x01")]);
    let said = geneformer_refused(|_, files, _| files.medians = Box::leak(medians.clone().into()));
    assert!(said.contains("do not belong together"), "{said}");
}
