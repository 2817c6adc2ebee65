//! A small bundle that is whole, and sites of it.

use std::{collections::BTreeMap, fs, path::Path};

use cellprism_core::bundle::{
    Counts, File, GeneAudit, Manifest, ModelKind, ModelSummary, Parameters, SCHEMA_NAME, SCHEMA_VERSION,
    Software, path,
};

use super::{App, write};
use crate::work::progress::Silent;

/// A manifest without files.
pub(crate) fn manifest(name: &str, tag: &str) -> Manifest {
    Manifest {
        schema: SCHEMA_NAME.into(),
        version: SCHEMA_VERSION,
        name: name.into(),
        tag: tag.into(),
        key: BTreeMap::new(),
        title: format!("About {name}"),
        created: "2026-01-01T00:00:00Z".into(),
        software: Software { name: "cellprism".into(), version: "0".into(), onnxruntime: None },
        counts: Counts::default(),
        model: ModelSummary {
            kind: ModelKind::Onnx,
            name: "small".into(),
            preprocessing: "none".into(),
            in_browser: false,
        },
        ladder: None,
        first: None,
        expression: None,
        parameters: Parameters::default(),
        inputs: Vec::new(),
        gene_audit: GeneAudit::default(),
        stages: Vec::new(),
        sources: Vec::new(),
        files: BTreeMap::new(),
    }
}

/// An app of three files.
pub(crate) fn app() -> App {
    let files = [
        ("index.html", "<script type=\"module\" src=\"./start.js\"></script>"),
        ("start.js", "import './x.js';"),
        ("x_bg.wasm", "\0asm"),
    ];
    App { files: files.into_iter().map(|(name, content)| (name.to_owned(), content.into())).collect() }
}

#[test]
fn a_damaged_bundle_gives_no_site() {
    let folder = tempfile::tempdir().unwrap();
    let (bundle, out) = (folder.path().join("bundle"), folder.path().join("site"));
    fs::create_dir(&bundle).unwrap();
    fs::write(bundle.join(path::MANIFEST), manifest("x", "1").to_bytes().unwrap()).unwrap();
    let error = write(&app(), &[&bundle], &out, &Silent).unwrap_err().to_string();
    assert!(error.contains("damaged") && error.contains("files.json"), "{error}");
    assert!(!out.exists());
}

#[test]
fn no_bundle_no_site() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("site");
    let error = write(&app(), &[Path::new("/nowhere")], &out, &Silent).unwrap_err();
    assert!(format!("{error:#}").contains("/nowhere") && !out.exists());
}
