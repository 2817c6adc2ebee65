//! Files of the report: tables, claims, figures, the page, and `evaluation.json`, which lists them.

use std::{fs, path::Path};

use anyhow::Context as _;
use cellprism_core::bundle::{EvaluationFile, EvaluationFileKind, EvaluationIndex};

use super::{Found, Options, Table};
use crate::work::partial::Partial;

/// What becomes the report.
const REPORT: &str = "report";

/// Writes files under the report's final name, all or none; the finished parts go.
///
/// # Errors
/// If a file cannot be written.
pub fn write(files: &[(String, Vec<u8>)], work: Partial, options: &Options) -> anyhow::Result<()> {
    let failed = || format!("cannot write {}", options.out.display());
    let folder = work.path(REPORT);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(failed)?; // of a run that was killed while it wrote
    }
    fs::create_dir(&folder).with_context(failed)?;
    for (name, content) in files {
        put(&folder, name, content).with_context(failed)?;
    }
    options.check_out()?;
    work.publish(REPORT)
}

/// Names and contents of all files, the index last.
///
/// # Errors
/// If the index cannot be written as JSON.
pub fn files(found: &Found, options: &Options) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    let mut index = EvaluationIndex {
        software: concat!("cellprism ", env!("CARGO_PKG_VERSION")).into(),
        bundles: found.bundles.clone(),
        seed: options.seed,
        skipped: options.skip.clone(),
        parameters: found.parameters.iter().cloned().collect(),
        files: Vec::new(),
    };
    let mut add = |entry: EvaluationFile, content: Vec<u8>| {
        files.push((entry.file.clone(), content));
        index.files.push(entry);
    };
    let mut table = |of: &Table, file: String, kind| {
        let entry = EvaluationFile {
            file,
            kind,
            title: of.title.clone(),
            item: of.item.clone(),
            columns: of.columns.clone(),
            rows: Some(of.rows.len() as u32),
        };
        add(entry, of.to_csv().into_bytes());
    };
    for of in &found.tables {
        table(of, format!("tables/{}.csv", of.name), EvaluationFileKind::Table);
    }
    table(&found.claims, "claims.csv".into(), EvaluationFileKind::Claims);
    let other = |file: String, kind, title: &str, item: &str| EvaluationFile {
        file,
        kind,
        title: title.into(),
        item: item.into(),
        columns: Vec::new(),
        rows: None,
    };
    for figure in &found.figures {
        let file = format!("figures/{}.svg", figure.name);
        add(
            other(file, EvaluationFileKind::Figure, &figure.title, &figure.item),
            figure.svg.clone().into_bytes(),
        );
    }
    if let Some(page) = &found.page {
        let file = "report.html".to_owned();
        add(other(file, EvaluationFileKind::Page, "All of it as a page", ""), page.clone().into_bytes());
    }
    files.push(("evaluation.json".into(), serde_json::to_vec_pretty(&index)?));
    Ok(files)
}

/// Writes a file of a folder, and the folders that it lies in.
///
/// # Errors
/// If it cannot be written.
pub fn put(root: &Path, name: &str, content: &[u8]) -> std::io::Result<()> {
    let path = root.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, content)
}
