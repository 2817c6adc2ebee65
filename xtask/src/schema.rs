//! `cargo xtask schema`: the JSON Schema of a bundle's files, from the types that read and write them.

use anyhow::{Result, ensure};

use crate::project;

/// Writes `docs/schema`.
///
/// # Errors
/// If it cannot be compiled or written.
pub(crate) fn run() -> Result<()> {
    let mut cargo = project::cargo();
    cargo.args([
        "run",
        "--release",
        "--package",
        "cellprism-core",
        "--features",
        "schema",
        "--example",
        "schema",
        "--",
    ]);
    let done = cargo.arg(project::root().join("docs/schema")).status()?;
    ensure!(done.success(), "docs/schema was not written");
    Ok(())
}
