//! What every page needs of a bundle, loaded once, and the files of single concepts, loaded when shown.

use std::sync::Arc;

use cellprism_core::{
    bundle::{
        CellMetadata, ConceptDetail, ConceptIndex, ConceptRow, FileEntry, Files, GeneDescription, GeneIndex,
        Manifest, SCHEMA_NAME, SCHEMA_VERSION, SaeMetricsRow, concept_stem, path, read_f32, read_u16,
        read_u32,
    },
    ids::ConceptId,
};
use futures::future::try_join;
use leptos::prelude::*;
use safetensors::SafeTensors;
use serde::Deserialize;
use std::collections::BTreeMap;

use crate::{
    client::{self, FetchError},
    colours,
};

/// Largest `files.json` that is loaded to check single files.
const LARGEST_FILES: u64 = 400_000;

/// A bundle listed by the site.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Listed {
    /// Short name.
    pub name: String,
    /// Title.
    #[serde(default)]
    pub title: String,
    /// Where it is, relative to the page.
    pub path: String,
}

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
    pub metrics: Vec<SaeMetricsRow>,
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
    let manifest: Manifest = client::json(&base, "manifest.json", None).await?;
    let wrong = |what: String| FetchError { file: "manifest.json".into(), what };
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
    let index = client::json::<ConceptIndex>(&base, "concepts/index.json", entry("concepts/index.json"));
    let cells = client::json::<CellMetadata>(&base, "cells/metadata.json", entry("cells/metadata.json"));
    let codes = client::bytes(&base, "cells/metadata.safetensors", entry("cells/metadata.safetensors"));
    let genes = client::json::<GeneIndex>(&base, "genes/index.json", entry("genes/index.json"));
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

fn damaged(file: &str, what: &dyn std::fmt::Display) -> FetchError {
    FetchError { file: file.into(), what: format!("it cannot be read: {what}") }
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

    /// The files of one concept; a dead concept has readings only.
    pub async fn concept(&self, id: ConceptId) -> Result<Arc<Concept>, FetchError> {
        let stem = concept_stem(id);
        let name = format!("concepts/{stem}.json");
        let detail: ConceptDetail = client::json(&self.base, &name, self.entry(&name)).await?;
        let mut concept = Concept {
            detail,
            cells: Vec::new(),
            activations: Vec::new(),
            scores: Vec::new(),
            top_genes: Vec::new(),
            pair_scores: Vec::new(),
            fold_change: Vec::new(),
        };
        if concept.detail.cells > 0 {
            let name = format!("concepts/{stem}.safetensors");
            fill(&mut concept, &self.bytes(&name).await?, &name)?;
        }
        Ok(Arc::new(concept))
    }

    /// Activations of one concept alone, for a map.
    pub async fn activations(&self, id: ConceptId) -> Result<Arc<Vec<(u32, f32)>>, FetchError> {
        let name = format!("concepts/{}.safetensors", concept_stem(id));
        let bytes = self.bytes(&name).await?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| damaged(&name, &e))?;
        let (_, cells) = read_u32(&tensors, "cells").map_err(|e| damaged(&name, &e))?;
        let (_, values) = read_f32(&tensors, "activations").map_err(|e| damaged(&name, &e))?;
        Ok(Arc::new(cells.into_iter().zip(values).collect()))
    }

    /// The baseline: one row a side of each dimension.
    pub async fn neurons(&self) -> Result<ConceptIndex, FetchError> {
        client::json(&self.base, path::NEURON_INDEX, self.entry(path::NEURON_INDEX)).await
    }

    /// Descriptions of the genes around `gene`.
    pub async fn descriptions(
        &self,
        gene: u32,
    ) -> Result<Arc<BTreeMap<String, GeneDescription>>, FetchError> {
        if self.genes.descriptions_files == 0 {
            return Ok(Arc::default());
        }
        let name = format!("genes/descriptions.{:02}.json", gene / self.genes.descriptions_chunk.max(1));
        Ok(Arc::new(client::json(&self.base, &name, self.entry(&name)).await?))
    }
}

fn fill(concept: &mut Concept, bytes: &[u8], name: &str) -> Result<(), FetchError> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| damaged(name, &e))?;
    let f32s = |tensor: &str| read_f32(&tensors, tensor).map_err(|e| damaged(name, &e));
    let u32s = |tensor: &str| read_u32(&tensors, tensor).map_err(|e| damaged(name, &e));
    concept.cells = u32s("cells")?.1;
    concept.activations = f32s("activations")?.1;
    concept.scores = f32s("scores")?.1;
    concept.top_genes = u32s("top_genes")?.1;
    let (shape, flat) = f32s("pair_scores")?;
    let width = shape.get(1).copied().unwrap_or(0).max(1);
    concept.pair_scores = flat.chunks(width).map(<[f32]>::to_vec).collect();
    concept.fold_change = f32s("log2_fold_change").map(|found| found.1).unwrap_or_default();
    Ok(())
}

/// The bundle on show.
pub fn current() -> Arc<Bundle> {
    expect_context::<Arc<Bundle>>()
}
