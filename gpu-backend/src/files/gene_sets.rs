//! Gene set files.

use std::path::Path;

use anyhow::Context;
use cellprism_core::gsea::{GeneSets, LARGEST_FILE};

use crate::work::regular;

/// Reads GMT, packed or not.
///
/// # Errors
/// Names the file and the line.
pub fn read(path: &Path) -> anyhow::Result<GeneSets> {
    let bytes =
        regular::read(path, LARGEST_FILE).with_context(|| format!("cannot read {}", path.display()))?;
    GeneSets::parse(&bytes).with_context(|| path.display().to_string())
}

/// The file's name without `.gmt` and `.gz`.
pub fn library_name(path: &Path) -> String {
    let name = path.file_name().map_or_else(|| "library".into(), |n| n.to_string_lossy().into_owned());
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.strip_suffix(".gmt").unwrap_or(name).to_owned()
}
