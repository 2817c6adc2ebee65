//! Features of cells in a safetensors file: "embeddings" `[n, d]`, or activations as `sae encode` writes them ("indices" u32
//! and "values" f32, `[n, k]`, their number as metadata "concepts"). The cells' ids are metadata "cells".

use std::path::Path;

use anyhow::{Context, bail, ensure};
use cellprism_core::{
    bundle::{read_f32, read_u32},
    classification::Features,
};
use safetensors::SafeTensors;

use super::embeddings;
use crate::work::regular;

/// Features with the cells they are of.
#[derive(Debug)]
pub struct NamedFeatures {
    /// A row a cell.
    pub features: Features,
    /// Ids of the cells.
    pub cells: Vec<String>,
}

/// Reads a file of either form.
///
/// # Errors
/// If it cannot be read, has neither form, or does not say which cells it is of.
pub fn read(path: &Path) -> anyhow::Result<NamedFeatures> {
    let bytes =
        regular::read(path, regular::TENSORS).with_context(|| format!("cannot read {}", path.display()))?;
    let at = || path.display().to_string();
    let (_, header) = SafeTensors::read_metadata(&bytes)
        .with_context(|| format!("{}: not a safetensors file, or damaged", path.display()))?;
    let metadata = header.metadata().clone().unwrap_or_default();
    let features = if header.info("indices").is_some() && header.info("values").is_some() {
        let width = metadata.get("concepts").and_then(|text| text.parse().ok()).with_context(|| {
            format!(
                "{}: activations without their number: metadata \"concepts\", which `cellprism sae encode` writes, is no \
                 whole number",
                path.display()
            )
        })?;
        sparse(&bytes, width).with_context(at)?
    } else if header.info(embeddings::TENSOR).is_some() {
        drop(bytes);
        Features::Dense(embeddings::read(path)?.values.into_array())
    } else {
        bail!(
            "{}: neither {:?} nor \"indices\" and \"values\" in it; it has {}",
            path.display(),
            embeddings::TENSOR,
            header.offset_keys().join(", ")
        );
    };
    let cells = ids(metadata.get("cells").map(String::as_str), path)?;
    ensure!(
        cells.len() == features.cells(),
        "{}: {} ids in its metadata \"cells\", but {} rows",
        path.display(),
        cells.len(),
        features.cells()
    );
    Ok(NamedFeatures { features, cells })
}

fn ids(listed: Option<&str>, path: &Path) -> anyhow::Result<Vec<String>> {
    let listed = listed.with_context(|| {
        format!(
            "{}: no cell ids: metadata \"cells\", a JSON list, is missing. `cellprism embed` and `sae encode` write it",
            path.display()
        )
    })?;
    serde_json::from_str(listed)
        .with_context(|| format!("{}: metadata \"cells\" is no JSON list of ids", path.display()))
}

fn sparse(bytes: &[u8], width: usize) -> anyhow::Result<Features> {
    let tensors = SafeTensors::deserialize(bytes)?;
    let (shape, indices) = read_u32(&tensors, "indices")?;
    let (other, values) = read_f32(&tensors, "values")?;
    let (&[_, k], true) = (&shape[..], shape == other) else {
        bail!("\"indices\" is {shape:?} and \"values\" {other:?}: both must be cells × active concepts");
    };
    Ok(Features::from_codes(width, k, &indices, &values)?)
}
