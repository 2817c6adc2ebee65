//! What every page needs of a bundle, loaded once, and the files of single concepts, loaded when shown.

use std::sync::Arc;

use cellprism_core::{
    bundle::{
        BUNDLE_LIST, BundleList, CellCodes, CellMap, CellMetadata, ConceptArrays, ConceptDetail,
        ConceptIndex, ConceptRow, File, FileEntry, Files, GeneDescriptions, GeneIndex, Manifest, Metrics,
        path, read_activations,
    },
    ids::ConceptId,
};
use futures::future::try_join;
use leptos::prelude::*;

use crate::{
    client::{self, FetchError},
    colours,
};

/// Largest `files.json` that is loaded to check single files.
const LARGEST_FILES: u64 = 400_000;

/// A bundle listed by the site.
pub use cellprism_core::bundle::BundleEntry as Listed;

/// A loaded bundle.
#[derive(Debug)]
pub struct Bundle {
    /// Where its files are, ending in `/`.
    pub base: String,
    /// Manifest.
    pub manifest: Manifest,
    /// One row a concept.
    pub index: ConceptIndex,
    /// Columns of the cells.
    pub cells: CellMetadata,
    /// Codes of each column.
    pub codes: Vec<Vec<u16>>,
    /// Colours of each column's labels.
    pub colours: Vec<Vec<String>>,
    /// Coordinates between 0 and 1, y upwards.
    pub map: Vec<[f32; 2]>,
    /// Width over height of the map.
    pub map_ratio: f32,
    /// Genes.
    pub genes: GeneIndex,
    /// Metrics of dictionaries.
    pub metrics: Metrics,
    files: Option<Files>,
}

/// One concept's files.
#[derive(Debug)]
pub struct Concept {
    /// Readings.
    pub detail: ConceptDetail,
    /// Active cells.
    pub cells: Vec<u32>,
    /// Their activations.
    pub activations: Vec<f32>,
    /// Scores of all genes after TopK.
    pub scores: Vec<f32>,
    /// Genes whose pairs are known.
    pub top_genes: Vec<u32>,
    /// `[top_genes][pairs]`.
    pub pair_scores: Vec<Vec<f32>>,
    /// log2 fold change of all genes, empty where not computed.
    pub fold_change: Vec<f32>,
}

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
    Ok(Arc::new(Bundle {
        base,
        index,
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

impl Bundle {
    /// The column that names cells.
    pub fn primary(&self) -> Option<usize> {
        let name = self.cells.primary.as_ref()?;
        self.cells.columns.iter().position(|c| c.name == *name)
    }

    /// Labels of the primary column.
    pub fn primary_labels(&self) -> &[String] {
        self.primary().map_or(&[], |i| &self.cells.columns[i].labels)
    }

    /// Colour of a label of the primary column.
    pub fn colour(&self, code: u16) -> &str {
        let colours = self.primary().map(|i| &self.colours[i]);
        colours.and_then(|c| c.get(usize::from(code))).map_or("var(--oi-grey)", String::as_str)
    }

    /// Colour of a label of the primary column, by its name.
    pub fn colour_of(&self, label: &str) -> &str {
        let code = self.primary_labels().iter().position(|l| l == label);
        code.map_or("var(--oi-grey)", |code| self.colour(code as u16))
    }

    /// A concept's row.
    pub fn row(&self, id: u32) -> Option<&ConceptRow> {
        self.index.rows.get(id as usize)
    }

    /// The manifest's entry of a file.
    pub fn entry(&self, file: &str) -> Option<&FileEntry> {
        self.manifest.files.get(file).or_else(|| self.files.as_ref()?.get(file))
    }

    /// A file's bytes, checked where the manifest lists it.
    pub async fn bytes(&self, file: &str) -> Result<Vec<u8>, FetchError> {
        client::bytes(&self.base, file, self.entry(file)).await
    }

    /// A file of a kind, checked where the manifest lists it.
    async fn file<T: File>(&self, file: &str) -> Result<T, FetchError> {
        client::file(&self.base, file, self.entry(file)).await
    }

    /// The files of one concept; a dead concept has readings only.
    pub async fn concept(&self, id: ConceptId) -> Result<Arc<Concept>, FetchError> {
        let detail: ConceptDetail = self.file(&path::concept(id)).await?;
        let arrays: ConceptArrays = if detail.cells > 0 {
            self.file(&path::concept_arrays(id)).await?
        } else {
            ConceptArrays::default()
        };
        Ok(Arc::new(Concept {
            detail,
            cells: arrays.cells,
            activations: arrays.activations,
            scores: arrays.scores,
            top_genes: arrays.top_genes,
            pair_scores: arrays.pair_scores.chunks(arrays.pairs.max(1)).map(<[f32]>::to_vec).collect(),
            fold_change: arrays.log2_fold_change,
        }))
    }

    /// Activations of one concept alone, for a map.
    pub async fn activations(&self, id: ConceptId) -> Result<Arc<Vec<(u32, f32)>>, FetchError> {
        let name = path::concept_arrays(id);
        let (cells, values) = read_activations(&name, &self.bytes(&name).await?)
            .map_err(|e| FetchError { file: name, what: e.problem() })?;
        Ok(Arc::new(cells.into_iter().zip(values).collect()))
    }

    /// The baseline: one row a side of each dimension.
    pub async fn neurons(&self) -> Result<ConceptIndex, FetchError> {
        self.file(path::NEURON_INDEX).await
    }

    /// Descriptions of the genes around `gene`.
    pub async fn descriptions(&self, gene: u32) -> Result<Arc<GeneDescriptions>, FetchError> {
        if self.genes.descriptions_files == 0 {
            return Ok(Arc::default());
        }
        Ok(Arc::new(self.file(&path::descriptions(gene / self.genes.descriptions_chunk.max(1))).await?))
    }
}

/// The bundle on show.
pub fn current() -> Arc<Bundle> {
    expect_context::<Arc<Bundle>>()
}
