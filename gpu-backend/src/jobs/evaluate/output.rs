//! Files of the report: `tables/*.csv`, and `evaluation.json`, which lists them.

use std::{fs, path::Path};

use anyhow::Context as _;
use serde_json::{Value as Json, json};

use super::{Found, Options};
use crate::work::atomic::OutputFolder;

/// Writes the report under its final name, whole.
///
/// # Errors
/// If a file cannot be written.
pub fn write(found: &Found, options: &Options) -> anyhow::Result<()> {
    let failed = || format!("cannot write {}", options.out.display());
    let folder = if options.overwrite {
        OutputFolder::replace(&options.out)
    } else {
        OutputFolder::create(&options.out)
    };
    let folder = folder.with_context(failed)?;
    for (name, content) in files(found, options)? {
        put(folder.path(), &name, &content).with_context(failed)?;
    }
    folder.finish().with_context(failed)
}

/// Names and contents of all files.
pub fn files(found: &Found, options: &Options) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut files: Vec<(String, Vec<u8>)> = found
        .tables
        .iter()
        .map(|table| (format!("tables/{}.csv", table.name), table.to_csv().into_bytes()))
        .collect();
    files.push(("evaluation.json".into(), serde_json::to_vec_pretty(&index(found, options))?));
    Ok(files)
}

/// What is in the report: file, title, the paper's item, and what was asked.
fn index(found: &Found, options: &Options) -> Json {
    let tables: Vec<Json> = found
        .tables
        .iter()
        .map(|table| {
            json!({"file": format!("tables/{}.csv", table.name), "title": table.title, "item": table.item,
                "columns": table.columns, "rows": table.rows.len()})
        })
        .collect();
    let parameters: serde_json::Map<String, Json> =
        found.parameters.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    json!({
        "software": concat!("cellprism ", env!("CARGO_PKG_VERSION")),
        "bundles": found.bundles,
        "seed": options.seed,
        "skipped": options.skip,
        "parameters": parameters,
        "tables": tables,
    })
}

fn put(root: &Path, name: &str, content: &[u8]) -> std::io::Result<()> {
    let path = root.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, content)
}
