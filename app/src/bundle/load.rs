//! Where a bundle is, and what every page needs of it.

use std::sync::{Arc, OnceLock};

use cellprism_core::bundle::{
    BUNDLE_LIST, BundleList, CellCodes, CellMap, CellMetadata, ConceptIndex, Files, GeneIndex, Manifest,
    Metrics, path,
};
use futures::future::try_join;
use leptos::prelude::window;

use super::{Bundle, Listing, Subject};
use crate::{
    client::{self, FetchError},
    colours,
};

/// Largest `files.json` that is loaded to check single files.
const LARGEST_FILES: u64 = 400_000;

/// Where to look: `?bundle=` in the address, or the site's list.
pub async fn locate() -> Result<(BundleList, String), FetchError> {
    let search = window().location().search().unwrap_or_default();
    let asked = web_sys::UrlSearchParams::new_with_str(&search).ok().and_then(|p| p.get("bundle"));
    let listed: Result<BundleList, FetchError> = client::file("", BUNDLE_LIST, None).await;
    let base = match (&asked, &listed) {
        (Some(asked), Ok(listed)) => {
            listed.iter().find(|l| l.name == *asked).map_or_else(|| asked.clone(), |l| l.path.clone())
        }
        (Some(asked), Err(_)) => asked.clone(),
        (None, Ok(listed)) => listed.first().map(|l| l.path.clone()).ok_or_else(|| FetchError {
            file: BUNDLE_LIST.into(),
            what: "it lists no bundle; open one with ?bundle=URL".into(),
        })?,
        (None, Err(error)) => return Err(error.clone()),
    };
    let base = if base.ends_with('/') { base } else { format!("{base}/") };
    Ok((listed.unwrap_or_default(), base))
}

/// Loads what every page needs.
pub async fn load(base: String) -> Result<Arc<Bundle>, FetchError> {
    let manifest: Manifest = client::file(&base, path::MANIFEST, None).await?;
    let entry = |file: &str| manifest.files.get(file);
    let index = client::file::<ConceptIndex>(&base, path::CONCEPT_INDEX, entry(path::CONCEPT_INDEX));
    let cells = client::file::<CellMetadata>(&base, path::CELL_METADATA, entry(path::CELL_METADATA));
    let codes = client::file::<CellCodes>(&base, path::CELL_CODES, entry(path::CELL_CODES));
    let genes = client::file::<GeneIndex>(&base, path::GENE_INDEX, entry(path::GENE_INDEX));
    let metrics = client::file::<Metrics>(&base, path::METRICS, entry(path::METRICS));
    let ((index, cells), ((codes, genes), metrics)) =
        try_join(try_join(index, cells), try_join(try_join(codes, genes), metrics)).await?;
    let codes = in_order(&codes, &cells)?;
    let (map, map_ratio) = match &cells.umap {
        None => (Vec::new(), 1.0),
        Some(scale) => {
            let map: CellMap = client::file(&base, path::UMAP, entry(path::UMAP)).await?;
            (
                map.xy.iter().map(|xy| xy.map(|code| f32::from(code) / 65535.0)).collect(),
                (scale.max[0] - scale.min[0]) / (scale.max[1] - scale.min[1]).max(f32::MIN_POSITIVE),
            )
        }
    };
    let colours = cells.columns.iter().map(|column| colours::of_labels(&column.labels)).collect();
    let files = match entry(path::FILES).filter(|e| e.bytes <= LARGEST_FILES) {
        Some(found) => Some(client::file::<Files>(&base, path::FILES, Some(found)).await?),
        None => None,
    };
    let dimensions = manifest.counts.embedding;
    Ok(Arc::new(Bundle {
        base,
        concepts: Arc::new(Listing { subject: Subject::Concepts, index, dimensions }),
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

/// The codes of every column, in the metadata's order.
fn in_order(codes: &CellCodes, cells: &CellMetadata) -> Result<Vec<Vec<u16>>, FetchError> {
    let missing =
        |name: &str| FetchError { file: path::CELL_CODES.into(), what: format!("it has no column {name:?}") };
    let column = |name: &str| codes.of(name).map(<[u16]>::to_vec).ok_or_else(|| missing(name));
    cells.columns.iter().map(|c| column(&c.name)).collect()
}
