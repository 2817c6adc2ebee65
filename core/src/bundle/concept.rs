//! `concepts/NNNN.json`: what a concept is read to be.

use serde::{Deserialize, Serialize};

use super::{
    ConceptIndex, ConceptRow, GeneIndex, JsonFile, Reading, SideLabels, TitleParts,
    cell_metadata::CELL_METADATA,
    cell_names::CELL_NAMES,
    cells::Cells,
    checking::{Bundle, Report},
    concept_index::{CONCEPT_INDEX, CONCEPTS},
    gene_index::GENE_INDEX,
    gene_sets::gene_sets,
};
use crate::{
    attribution::{AttributionDetail, DeletionCurves},
    concepts::{ColumnSpecificity, ConceptClass, Related},
    gsea::EnrichmentDetail,
    ids::{CellId, ConceptId},
    maybe::Maybe,
};

/// File stem of a concept: its number with at least four digits.
///
/// ```
/// # use cellprism_core::{bundle::concept_stem, ids::ConceptId};
/// assert_eq!(concept_stem(ConceptId(406)), "0406");
/// ```
pub fn concept_stem(concept: ConceptId) -> String {
    format!("{:04}", concept.0)
}

/// Readings of a concept or a neuron, by its folder.
pub fn readings(folder: &str, id: ConceptId) -> String {
    format!("{folder}/{}.json", concept_stem(id))
}

/// Readings of a concept.
pub fn concept(concept: ConceptId) -> String {
    readings(CONCEPTS, concept)
}

/// What a concept is read to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConceptDetail {
    /// Its number.
    pub id: ConceptId,
    /// Its class.
    pub class: ConceptClass,
    /// Active cells.
    pub cells: u32,
    /// Largest activation.
    pub max: f32,
    /// Mean over active cells.
    pub mean: f32,
    /// What is most certain: cells, then genes that several of them carry.
    #[serde(default)]
    pub title: String,
    /// The title's parts.
    #[serde(default)]
    pub title_parts: TitleParts,
    /// What the readings together say, in words.
    #[serde(default)]
    pub verdict: String,
    /// The best set of each side.
    #[serde(default)]
    pub labels: SideLabels,
    /// Prototypes at the edge of TopK: the smallest changes bring another concept before this one.
    #[serde(default)]
    pub edge: u32,
    /// Both sides, or why there are none.
    #[serde(default = "only_the_paper")]
    pub reading: Maybe<Reading>,
    /// Active cells in 40 equal bins from 0 to the largest activation.
    pub histogram: Vec<u32>,
    /// Metadata, column by column.
    pub columns: Vec<ColumnSpecificity>,
    /// Cells of highest activation with their counterfactuals.
    pub prototypes: Vec<Prototype>,
    /// Genes.
    pub attribution: Maybe<AttributionDetail>,
    /// Pathways, one entry a library.
    pub enrichment: Vec<EnrichmentDetail>,
    /// What happens when genes are swapped one after another.
    pub deletion: Maybe<DeletionCurves>,
    /// Concepts active in the same cells.
    pub coactive: Vec<Related>,
    /// Concepts whose dictionary columns point the same way.
    pub alike: Vec<Related>,
}

fn only_the_paper() -> Maybe<Reading> {
    Maybe::missing("this bundle holds the paper's readings only")
}

/// A cell of highest activation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Prototype {
    /// Row.
    pub cell: CellId,
    /// Name.
    pub name: String,
    /// Label of the primary column.
    pub label: Option<String>,
    /// Its activation.
    pub activation: f32,
    /// Whether it is at the edge of TopK.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edge: bool,
    /// Nearest cells that do not activate the concept, nearest first; the first N_c are the ones attributed to.
    pub counterfactuals: Vec<Counterfactual>,
}

/// A near cell that does not activate the concept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counterfactual {
    /// Row.
    pub cell: CellId,
    /// Name.
    pub name: String,
    /// Label of the primary column.
    pub label: Option<String>,
    /// Euclidean distance in embedding space.
    pub distance: f32,
}

impl JsonFile for ConceptDetail {}

/// One concept against its row and the rest of the bundle.
pub(super) fn check(
    bundle: &Bundle<'_>,
    index: &ConceptIndex,
    row: &ConceptRow,
    cells: &Cells,
    genes: Option<&GeneIndex>,
    report: &mut Report,
) -> Option<ConceptDetail> {
    let file = concept(row.id);
    bundle.expect_of_index(&file, CONCEPT_INDEX, report);
    let detail: ConceptDetail = bundle.read(&file, report)?;
    agree_with_row(&file, &detail, row, report);
    refer_to_cells(&file, &detail, cells, report);
    refer_to_others(bundle, &file, &detail, index, genes, report);
    Some(detail)
}

fn agree_with_row(file: &str, detail: &ConceptDetail, row: &ConceptRow, report: &mut Report) {
    let by = CONCEPT_INDEX;
    report.same(file, "concept", detail.id.0, row.id.0, by);
    report.same(file, "active cells", detail.cells, row.cells, by);
    report.expect(detail.class == row.class, file, || {
        format!("class {:?}, but {:?} by {by}", detail.class, row.class)
    });
    report.expect(detail.max == row.max, file, || {
        format!("largest activation {}, but {} by {by}", detail.max, row.max)
    });
    let binned: u64 = detail.histogram.iter().map(|&n| u64::from(n)).sum();
    report.same(file, "cells in its histogram", binned, detail.cells, "its number of active cells");
}

fn refer_to_cells(file: &str, detail: &ConceptDetail, cells: &Cells, report: &mut Report) {
    let own = detail.prototypes.iter().map(|p| (p.cell, &p.name));
    let near = detail.prototypes.iter().flat_map(|p| p.counterfactuals.iter().map(|c| (c.cell, &c.name)));
    for (cell, name) in own.chain(near) {
        if cell.index() >= cells.count {
            return report.note(file, format!("cell {}, but there are {}", cell.0, cells.count));
        }
        if let Some(known) = cells.names.as_ref().map(|names| &names[cell.index()])
            && known != name
        {
            let message = format!("cell {} is named {name:?}, but {known:?} in {}", cell.0, CELL_NAMES);
            return report.note(file, message);
        }
    }
    let Some(metadata) = &cells.metadata else { return };
    for column in &detail.columns {
        let known = metadata.columns.iter().find(|known| known.name == column.column);
        let Some(known) = known else {
            report.note(file, format!("{:?} is no column of {}", column.column, CELL_METADATA));
            continue;
        };
        let stranger = column.labels.iter().find(|l| !known.labels.contains(&l.label) || l.active > l.total);
        if let Some(label) = stranger {
            report.note(file, format!("column {:?}: label {:?} does not fit", column.column, label.label));
        }
    }
}

fn refer_to_others(
    bundle: &Bundle<'_>,
    file: &str,
    detail: &ConceptDetail,
    index: &ConceptIndex,
    genes: Option<&GeneIndex>,
    report: &mut Report,
) {
    let concepts = index.rows.len();
    let related = detail.coactive.iter().chain(&detail.alike);
    if let Some(other) = related.into_iter().find(|other| other.id.index() >= concepts) {
        report.note(file, format!("related to concept {}, but there are {concepts}", other.id.0));
    }
    for enrichment in &detail.enrichment {
        let sets = gene_sets(&enrichment.library);
        report.expect(bundle.manifest.files.contains_key(&sets), file, || {
            format!("pathways of {:?}, but {sets} is not in the bundle", enrichment.library)
        });
        let beyond = enrichment.sets.iter().find(|set| set.hits.iter().any(|&hit| hit >= enrichment.genes));
        if let Some(set) = beyond {
            report.note(file, format!("{:?} has a place beyond {} genes", set.term, enrichment.genes));
        }
    }
    if let (Maybe::Value(attribution), Some(genes)) = (&detail.attribution, genes) {
        let shown = attribution.genes.iter().chain(&attribution.lowest);
        let stranger = shown.into_iter().find(|g| genes.symbols.get(g.gene.index()) != Some(&g.symbol));
        if let Some(gene) = stranger {
            let message = format!("gene {} is not {:?} in {}", gene.gene.0, gene.symbol, GENE_INDEX);
            report.note(file, message);
        }
    }
    if let Maybe::Value(deletion) = &detail.deletion {
        let points = deletion.steps.len();
        let uneven = deletion.curves.iter().find(|c| c.mean.len() != points || c.sd.len() != points);
        if let Some(curve) = uneven {
            report.note(file, format!("curve {:?} does not have {points} points", curve.order));
        }
    }
}
