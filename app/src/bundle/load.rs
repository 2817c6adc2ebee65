//! Where a bundle is, and what every page needs of it.

use std::sync::{Arc, OnceLock};

use cellprism_core::bundle::{
    CellMetadata, ConceptIndex, Files, GeneIndex, Manifest, SCHEMA_NAME, SCHEMA_VERSION, SaeMetricsRow, path,
    read_u16,
};
use futures::future::try_join;
use leptos::prelude::window;
use safetensors::SafeTensors;

use super::{Bundle, Listed, Listing, Subject, damaged};
use crate::{
    client::{self, FetchError},
    colours,
};

/// Largest `files.json` that is loaded to check single files.
const LARGEST_FILES: u64 = 400_000;

/// Where to look: `?bundle=` in the address, or the site's list.
pub async fn locate() -> Result<(Vec<Listed>, String), FetchError> {
    let search = window().location().search().unwrap_or_default();
    let asked = web_sys::UrlSearchParams::new_with_str(&search).ok().and_then(|p| p.get("bundle"));
    let listed: Result<Vec<Listed>, FetchError> = client::json("", "bundles/index.json", None).await;
    let base = match (&asked, &listed) {
        (Some(asked), Ok(listed)) => {
            listed.iter().find(|l| l.name == *asked).map_or_else(|| asked.clone(), |l| l.path.clone())
        }
        (Some(asked), Err(_)) => asked.clone(),
        (None, Ok(listed)) => listed.first().map(|l| l.path.clone()).ok_or_else(|| FetchError {
            file: "bundles/index.json".into(),
            what: "it lists no bundle; open one with ?bundle=URL".into(),
        })?,
        (None, Err(error)) => return Err(error.clone()),
    };
    let base = if base.ends_with('/') { base } else { format!("{base}/") };
    Ok((listed.unwrap_or_default(), base))
}

/// Loads what every page needs.
pub async fn load(base: String) -> Result<Arc<Bundle>, FetchError> {
    let manifest: Manifest = client::json(&base, path::MANIFEST, None).await?;
    let wrong = |what: String| FetchError { file: path::MANIFEST.into(), what };
    if manifest.schema != SCHEMA_NAME {
        return Err(wrong(format!("it is no cellprism bundle (schema {:?})", manifest.schema)));
    }
    if manifest.version.major > SCHEMA_VERSION.major {
        return Err(wrong(format!(
            "layout version {}.{} is newer than this page reads ({}.{})",
            manifest.version.major, manifest.version.minor, SCHEMA_VERSION.major, SCHEMA_VERSION.minor
        )));
    }
    let entry = |file: &str| manifest.files.get(file);
    let index = client::json::<ConceptIndex>(&base, path::CONCEPT_INDEX, entry(path::CONCEPT_INDEX));
    let cells = client::json::<CellMetadata>(&base, path::CELL_METADATA, entry(path::CELL_METADATA));
    let codes = client::bytes(&base, path::CELL_CODES, entry(path::CELL_CODES));
    let genes = client::json::<GeneIndex>(&base, path::GENE_INDEX, entry(path::GENE_INDEX));
    let metrics = client::json::<Vec<SaeMetricsRow>>(
        &base,
        "evaluation/metrics.json",
        entry("evaluation/metrics.json"),
    );
    let ((index, cells), ((codes, genes), metrics)) =
        try_join(try_join(index, cells), try_join(try_join(codes, genes), metrics)).await?;
    let codes = read_codes(&codes, &cells)?;
    let (map, map_ratio) = match &cells.umap {
        None => (Vec::new(), 1.0),
        Some(scale) => {
            let bytes =
                client::bytes(&base, "cells/umap.safetensors", entry("cells/umap.safetensors")).await?;
            (
                read_map(&bytes)?,
                (scale.max[0] - scale.min[0]) / (scale.max[1] - scale.min[1]).max(f32::MIN_POSITIVE),
            )
        }
    };
    let colours = cells.columns.iter().map(|column| colours::of_labels(&column.labels)).collect();
    let files = match entry("files.json").filter(|e| e.bytes <= LARGEST_FILES) {
        Some(found) => Some(client::json::<Files>(&base, "files.json", Some(found)).await?),
        None => None,
    };
    Ok(Arc::new(Bundle {
        base,
        concepts: Arc::new(Listing {
            subject: Subject::Concepts,
            index,
            dimensions: manifest.counts.embedding,
        }),
        neurons: OnceLock::new(),
        cells,
        codes,
        colours,
        map,
        map_ratio: map_ratio.clamp(0.7, 1.6),
        genes,
        metrics,
        files,
        manifest,
    }))
}

fn read_codes(bytes: &[u8], cells: &CellMetadata) -> Result<Vec<Vec<u16>>, FetchError> {
    let file = "cells/metadata.safetensors";
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| damaged(file, &e))?;
    let column = |name: &str| read_u16(&tensors, name).map(|(_, codes)| codes).map_err(|e| damaged(file, &e));
    cells.columns.iter().map(|c| column(&c.name)).collect()
}

fn read_map(bytes: &[u8]) -> Result<Vec<[f32; 2]>, FetchError> {
    let file = "cells/umap.safetensors";
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| damaged(file, &e))?;
    let (_, codes) = read_u16(&tensors, "xy").map_err(|e| damaged(file, &e))?;
    Ok(codes
        .chunks(2)
        .map(|xy| [f32::from(xy[0]) / 65535.0, f32::from(xy[xy.len() - 1]) / 65535.0])
        .collect())
}
