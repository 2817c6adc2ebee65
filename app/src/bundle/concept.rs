//! The files of one concept or neuron, loaded when it is shown.

use std::sync::Arc;

use cellprism_core::{
    bundle::{
        ConceptArrays, ConceptDetail, FirstActivations, FirstConcept, FirstView, Side, path, read_activations,
    },
    ids::ConceptId,
};

use super::{Bundle, Subject};
use crate::client::FetchError;

/// One concept's files.
#[derive(Debug)]
pub struct Concept {
    /// Readings.
    pub detail: ConceptDetail,
    /// Whether cells and numbers are complete; if not, cells are those of the first view, activations have 8 bits and numbers
    /// of genes are rounded.
    pub exact: bool,
    /// Active cells.
    pub cells: Vec<u32>,
    /// Their activations.
    pub activations: Vec<f32>,
    /// Scores of all genes after TopK, as in the paper.
    pub scores: Vec<f32>,
    /// Genes whose pairs are known.
    pub top_genes: Vec<u32>,
    /// `[top_genes][pairs]`.
    pub pair_scores: Vec<Vec<f32>>,
    /// log2 fold change of all genes, empty where not computed.
    pub fold_change: Vec<f32>,
    /// What the cells have.
    pub presence: SideArrays,
    /// What they lack.
    pub absence: SideArrays,
}

/// One side of every gene; an array that the bundle does not have is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SideArrays {
    /// Mean effect against the nearest other cells.
    pub scores: Vec<f32>,
    /// Mean effect against typical other cells.
    pub typical: Vec<f32>,
    /// Cells that carry the gene.
    pub carried_by: Vec<u32>,
}

/// Name of a side in names of tensors and columns.
pub fn side_name(side: Side) -> &'static str {
    match side {
        Side::Presence => "presence",
        Side::Absence => "absence",
    }
}

impl Concept {
    /// Arrays of a side.
    pub fn side(&self, side: Side) -> &SideArrays {
        match side {
            Side::Presence => &self.presence,
            Side::Absence => &self.absence,
        }
    }
}

impl Concept {
    fn new(detail: ConceptDetail, arrays: ConceptArrays, exact: bool) -> Self {
        Self {
            detail,
            exact,
            cells: arrays.cells,
            activations: arrays.activations,
            scores: arrays.scores,
            top_genes: arrays.top_genes,
            pair_scores: arrays.pair_scores.chunks(arrays.pairs.max(1)).map(<[f32]>::to_vec).collect(),
            fold_change: arrays.log2_fold_change,
            presence: SideArrays {
                scores: arrays.scores_presence,
                typical: arrays.scores_typical_presence,
                carried_by: arrays.carried_by_presence,
            },
            absence: SideArrays {
                scores: arrays.scores_absence,
                typical: arrays.scores_typical_absence,
                carried_by: arrays.carried_by_absence,
            },
        }
    }
}

impl Bundle {
    /// What the page of a concept or neuron shows at once: of a large bundle its first view; a dead one has readings only.
    pub async fn concept(&self, subject: Subject, id: ConceptId) -> Result<Arc<Concept>, FetchError> {
        let folder = subject.folder();
        let alive = subject == Subject::Neurons || self.row(id.0).is_some_and(|row| row.cells > 0);
        if self.manifest.first.is_none() || !alive {
            return self.exact_concept(subject, id).await;
        }
        let name = path::first_concept(folder, id);
        let first: Result<FirstConcept, FetchError> = self.file(&name).await;
        let Ok(first) = first else {
            // A dead neuron has none.
            return self.exact_concept(subject, id).await;
        };
        let detail = first.readings(&name).map_err(|e| FetchError { file: name, what: e.problem() })?;
        let active = self.first_activations(subject, id).await?;
        let mut arrays = first.arrays;
        (arrays.cells, arrays.activations) = active.iter().copied().unzip();
        Ok(Arc::new(Concept::new(detail, arrays, false)))
    }

    /// The complete files of one concept or neuron.
    pub async fn exact_concept(&self, subject: Subject, id: ConceptId) -> Result<Arc<Concept>, FetchError> {
        let detail: ConceptDetail = self.file(&path::readings(subject.folder(), id)).await?;
        let arrays: ConceptArrays = if detail.cells > 0 {
            self.file(&path::arrays(subject.folder(), id)).await?
        } else {
            ConceptArrays::default()
        };
        Ok(Arc::new(Concept::new(detail, arrays, true)))
    }

    /// Activations alone, for a map of some cells or of all.
    pub async fn activations(&self, id: ConceptId, all: bool) -> Result<Arc<Vec<(u32, f32)>>, FetchError> {
        let cells = self.manifest.counts.cells;
        if self.manifest.first.is_some_and(|first| !all || first.cells == cells) {
            return self.first_activations(Subject::Concepts, id).await;
        }
        let name = path::concept_arrays(id);
        let (cells, values) = read_activations(&name, &self.bytes(&name).await?)
            .map_err(|e| FetchError { file: name, what: e.problem() })?;
        Ok(Arc::new(cells.into_iter().zip(values).collect()))
    }

    async fn first_activations(
        &self,
        subject: Subject,
        id: ConceptId,
    ) -> Result<Arc<Vec<(u32, f32)>>, FetchError> {
        let first: FirstActivations = self.file(&path::first_activations(subject.folder(), id)).await?;
        let view = self.manifest.first.unwrap_or(FirstView { cells: 0, seed: 0 });
        Ok(Arc::new(first.values(&view.rows(self.manifest.counts.cells))))
    }
}
