//! The files of one concept or neuron, loaded when it is shown.

use std::sync::Arc;

use cellprism_core::{
    bundle::{ConceptDetail, Side, path, read_f32, read_u32},
    ids::ConceptId,
};
use safetensors::SafeTensors;

use super::{Bundle, Subject, damaged};
use crate::client::{self, FetchError};

/// One concept's files.
#[derive(Debug)]
pub struct Concept {
    /// Readings.
    pub detail: ConceptDetail,
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

impl Bundle {
    /// The files of one concept or neuron; a dead one has readings only.
    pub async fn concept(&self, subject: Subject, id: ConceptId) -> Result<Arc<Concept>, FetchError> {
        let name = path::readings(subject.folder(), id);
        let detail: ConceptDetail = client::json(&self.base, &name, self.entry(&name)).await?;
        let bytes = if detail.cells > 0 {
            let name = path::arrays(subject.folder(), id);
            Some((self.bytes(&name).await?, name))
        } else {
            None
        };
        let mut concept = Concept {
            detail,
            cells: Vec::new(),
            activations: Vec::new(),
            scores: Vec::new(),
            top_genes: Vec::new(),
            pair_scores: Vec::new(),
            fold_change: Vec::new(),
            presence: SideArrays::default(),
            absence: SideArrays::default(),
        };
        if let Some((bytes, name)) = bytes {
            fill(&mut concept, &bytes, &name)?;
        }
        Ok(Arc::new(concept))
    }

    /// Activations alone, for a map.
    pub async fn activations(&self, id: ConceptId) -> Result<Arc<Vec<(u32, f32)>>, FetchError> {
        let name = path::concept_arrays(id);
        let bytes = self.bytes(&name).await?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| damaged(&name, &e))?;
        let (_, cells) = read_u32(&tensors, "cells").map_err(|e| damaged(&name, &e))?;
        let (_, values) = read_f32(&tensors, "activations").map_err(|e| damaged(&name, &e))?;
        Ok(Arc::new(cells.into_iter().zip(values).collect()))
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
    let optional = |tensor: &str| f32s(tensor).map(|found| found.1).unwrap_or_default();
    concept.fold_change = optional("log2_fold_change");
    let side = |side: Side| {
        let side = side_name(side);
        SideArrays {
            scores: optional(&format!("scores_{side}")),
            typical: optional(&format!("scores_typical_{side}")),
            carried_by: u32s(&format!("carried_by_{side}")).map(|found| found.1).unwrap_or_default(),
        }
    };
    (concept.presence, concept.absence) = (side(Side::Presence), side(Side::Absence));
    Ok(())
}
