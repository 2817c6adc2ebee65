//! Where a bundle is, and what every page needs of it.

use std::sync::{Arc, OnceLock};

use cellprism_core::bundle::{
    BundleList, CellCodes, CellMap, CellMetadata, ConceptIndex, Files, FirstCodes, FirstGenes, FirstIndex,
    FirstMap, GeneIndex, Manifest, MapScale, Metrics, path,
};
use futures::future::try_join;
use leptos::prelude::window;

use super::{
    Bundle, Listing, Subject,
    points::{CellFiles, Points, in_order},
};
use crate::{
    client::{self, FetchError},
    colours,
};

/// Largest `files.json` that is loaded to check single files.
const LARGEST_FILES: u64 = 400_000;

/// Where to look: `?bundle=` in the address, or the site's list; nowhere, where the site has no bundle.
pub async fn locate() -> Result<(BundleList, Option<String>), FetchError> {
    let search = window().location().search().unwrap_or_default();
    let asked = web_sys::UrlSearchParams::new_with_str(&search).ok().and_then(|p| p.get("bundle"));
    let listed = client::listed().await.map(Option::unwrap_or_default);
    let base = match (&asked, &listed) {
        (Some(asked), Ok(listed)) => {
            listed.iter().find(|l| l.name == *asked).map_or_else(|| asked.clone(), |l| l.path.clone())
        }
        (Some(asked), Err(_)) => asked.clone(),
        (None, Ok(listed)) => match listed.first() {
            Some(first) => first.path.clone(),
            None => return Ok((BundleList::default(), None)),
        },
        (None, Err(error)) => return Err(error.clone()),
    };
    let base = if base.ends_with('/') { base } else { format!("{base}/") };
    Ok((listed.unwrap_or_default(), Some(base)))
}

/// Loads what every page needs; of a large bundle the first cells and short rows.
pub async fn load(base: String) -> Result<Arc<Bundle>, FetchError> {
    let manifest: Manifest = client::file(&base, path::MANIFEST, None).await?;
    let entry = |file: &str| manifest.files.get(file);
    let cells = client::file::<CellMetadata>(&base, path::CELL_METADATA, entry(path::CELL_METADATA));
    // What only one part of a page shows fails there alone.
    let metrics = async { Ok(client::file::<Metrics>(&base, path::METRICS, entry(path::METRICS)).await) };
    let listed = listed(&base, &manifest);
    let ((cells, metrics), (index, genes)) = try_join(try_join(cells, metrics), listed).await?;
    let (metrics, no_metrics) =
        metrics.map_or_else(|e| (Metrics::default(), Some(e)), |metrics| (metrics, None));
    let cell_files = cell_files(&base, &manifest, &cells).await;
    let (cell_files, no_map) =
        cell_files.map_or_else(|e| (CellFiles::default(), Some(e)), |files| (files, None));
    let ratio = |scale: &MapScale| {
        (scale.max[0] - scale.min[0]) / (scale.max[1] - scale.min[1]).max(f32::MIN_POSITIVE)
    };
    let map_ratio = cells.umap.as_ref().map_or(1.0, ratio);
    let colours = cells.columns.iter().map(|column| colours::of_labels(&column.labels)).collect();
    let files = match entry(path::FILES).filter(|e| e.bytes <= LARGEST_FILES && manifest.first.is_none()) {
        Some(found) => Some(client::file::<Files>(&base, path::FILES, Some(found)).await?),
        None => None,
    };
    let dimensions = manifest.counts.embedding;
    Ok(Arc::new(Bundle {
        base,
        concepts: Arc::new(Listing { subject: Subject::Concepts, index, dimensions }),
        whole: OnceLock::new(),
        neurons: OnceLock::new(),
        cells,
        colours,
        cell_files,
        no_map,
        names: OnceLock::new(),
        map_ratio: map_ratio.clamp(0.7, 1.6),
        genes,
        metrics,
        no_metrics,
        files,
        manifest,
    }))
}

/// Rows of the concepts and the genes.
async fn listed(base: &str, manifest: &Manifest) -> Result<(ConceptIndex, GeneIndex), FetchError> {
    let entry = |file: &str| manifest.files.get(file);
    if manifest.first.is_some() {
        let index = client::file::<FirstIndex>(base, path::FIRST_INDEX, entry(path::FIRST_INDEX));
        let genes = client::file::<FirstGenes>(base, path::FIRST_GENES, entry(path::FIRST_GENES));
        let (FirstIndex(index), FirstGenes(genes)) = try_join(index, genes).await?;
        return Ok((index, genes));
    }
    let index = client::file::<ConceptIndex>(base, path::CONCEPT_INDEX, entry(path::CONCEPT_INDEX));
    let genes = client::file::<GeneIndex>(base, path::GENE_INDEX, entry(path::GENE_INDEX));
    try_join(index, genes).await
}

/// Places and labels: of all cells, or of the first ones those of the primary column.
async fn cell_files(base: &str, manifest: &Manifest, cells: &CellMetadata) -> Result<CellFiles, FetchError> {
    let entry = |file: &str| manifest.files.get(file);
    let Some(first) = manifest.first else {
        let codes: CellCodes = client::file(base, path::CELL_CODES, entry(path::CELL_CODES)).await?;
        let points = match &cells.umap {
            None => Points::default(),
            Some(_) => {
                let map: CellMap = client::file(base, path::UMAP, entry(path::UMAP)).await?;
                Points::new(&map.xy, None)
            }
        };
        return Ok(CellFiles::new(points, in_order(codes, cells)?.into_iter().enumerate()));
    };
    let map = match &cells.umap {
        None => FirstMap::default(),
        Some(_) => client::file(base, path::FIRST_CELLS, entry(path::FIRST_CELLS)).await?,
    };
    let primary = cells.columns.iter().position(|c| Some(&c.name) == cells.primary.as_ref());
    let codes = match primary {
        None => None,
        Some(column) => {
            let name = path::first_codes(column);
            let FirstCodes(codes) = client::file(base, &name, entry(&name)).await?;
            Some((column, codes))
        }
    };
    let cells = manifest.counts.cells;
    let rows = (first.cells < cells).then(|| first.rows(cells));
    Ok(CellFiles::new(Points::new(&map.0, rows), codes))
}
