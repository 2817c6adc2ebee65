//! One concept in `concepts/index.json`.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{SideLabels, TitleParts, cells::Cells, gene_index::GENE_INDEX};
use crate::{
    attribution::ScreenOutcome,
    concepts::{ConceptClass, SpecificLabel},
    gsea::PathwayLabel,
    ids::ConceptId,
};

/// One concept in lists.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConceptRow {
    /// Its number.
    pub id: ConceptId,
    /// Its class.
    pub class: ConceptClass,
    /// Active cells.
    pub cells: u32,
    /// Largest activation.
    pub max: f32,
    /// Active cells in 20 equal bins from 0 to the largest activation.
    pub histogram: Vec<u32>,
    /// Label code of the primary column and active cells, most first; the five most common.
    pub composition: Vec<(u16, u32)>,
    /// Columns for which the concept is specific.
    pub specific: Vec<SpecificLabel>,
    /// A sentence fragment, for instance "86% B cells".
    pub reads_as: String,
    /// Genes of highest attribution.
    pub genes: Vec<GeneScore>,
    /// Genes above the importance threshold.
    pub important: u32,
    /// The pathway label, if one passes.
    pub pathway: Option<PathwayLabel>,
    /// Share of random rankings that earn a label at least this good (any label where there is none).
    pub chance: Option<f64>,
    /// Share of random rankings that earn any label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any_label_by_chance: Option<f64>,
    /// Place on the map of the dictionary.
    pub xy: Option<[f32; 2]>,
    /// What is most certain: cells, then genes that several of them carry.
    #[serde(default)]
    pub title: String,
    /// The title's parts.
    #[serde(default)]
    pub title_parts: TitleParts,
    /// The best set of each side.
    #[serde(default)]
    pub labels: SideLabels,
    /// Whether a label of either side survives.
    #[serde(default)]
    pub survives: bool,
    /// Whether only its cells are known: others were more active, and no more were to be described.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_described: bool,
    /// What is known of the genes that were not swapped, where not all were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screened: Option<ScreenOutcome>,
}

impl ConceptRow {
    /// What is known by the activations alone: active cells, the largest activation, and its histogram.
    pub fn of_cells(id: ConceptId, class: ConceptClass, cells: u32, max: f32, histogram: Vec<u32>) -> Self {
        Self {
            id,
            class,
            cells,
            max,
            histogram,
            composition: Vec::new(),
            specific: Vec::new(),
            reads_as: String::new(),
            genes: Vec::new(),
            important: 0,
            pathway: None,
            chance: None,
            any_label_by_chance: None,
            xy: None,
            title: String::new(),
            title_parts: TitleParts::default(),
            labels: SideLabels::default(),
            survives: false,
            not_described: false,
            screened: None,
        }
    }
}

/// A gene and its mean attribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GeneScore {
    /// Symbol.
    pub gene: String,
    /// Mean over all pairs.
    pub score: f32,
}

/// The row fits its place, the cells and the genes.
pub(super) fn check(
    row: &ConceptRow,
    place: usize,
    cells: &Cells,
    symbols: Option<&HashSet<&str>>,
) -> Result<(), String> {
    if row.id.index() != place {
        return Err(format!("its concept is number {}", row.id.0));
    }
    if row.cells as usize > cells.count {
        return Err(format!("{} active cells of {}", row.cells, cells.count));
    }
    if (row.class == ConceptClass::Dead) != (row.cells == 0) {
        return Err(format!("{} active cells, but of class {:?}", row.cells, row.class));
    }
    let binned: u64 = row.histogram.iter().map(|&n| u64::from(n)).sum();
    if binned != u64::from(row.cells) {
        return Err(format!("{} active cells, but {binned} in its histogram", row.cells));
    }
    let metadata = cells.metadata.as_ref();
    let primary = metadata.and_then(|m| m.columns.iter().find(|c| Some(&c.name) == m.primary.as_ref()));
    if let Some(primary) = primary
        && let Some((code, _)) = row.composition.iter().find(|c| usize::from(c.0) >= primary.labels.len())
    {
        return Err(format!("label {code} of {:?}, which has {}", primary.name, primary.labels.len()));
    }
    if let Some(symbols) = symbols
        && let Some(score) = row.genes.iter().find(|score| !symbols.contains(score.gene.as_str()))
    {
        return Err(format!("{:?} is no gene of {}", score.gene, GENE_INDEX));
    }
    Ok(())
}
