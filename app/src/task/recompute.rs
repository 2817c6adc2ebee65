//! A concept's ranking and pathways, computed again from the bundle's files.

use cellprism_core::{
    attribution::{Attribution, ConceptCells, ConceptReader, ScviSwaps, attribute},
    bundle::{EnrichmentDetail, EnrichmentParameters, GeneSetFile, read_f32, read_u16, read_u32},
    cells::CountMatrix,
    embedding::{nearest::Neighbour, scvi::ScviEncoder},
    gsea::{ConceptEnrichment, enrich_concept},
    ids::{CellId, ConceptId},
    sae::SaeWeights,
};
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// Recompute a concept's ranking and its pathways.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The concept.
    pub concept: ConceptId,
    /// N_p.
    pub prototypes: usize,
    /// N_c.
    pub counterfactuals: usize,
    /// Parameters of the enrichment.
    pub enrichment: EnrichmentParameters,
    /// Symbols of the model's genes.
    pub symbols: Vec<String>,
    /// Detection rates of the model's genes.
    pub detection: Vec<f32>,
    /// Why no chance rate is published, where none is.
    pub no_null: Option<String>,
}

/// Files that the work reads, as the bundle has them.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// `model/encoder.safetensors`.
    pub encoder: &'a [u8],
    /// `sae/cfg.json`.
    pub config: &'a [u8],
    /// `sae/sae_weights.safetensors`.
    pub weights: &'a [u8],
    /// `samples/NNNN.safetensors`.
    pub samples: &'a [u8],
    /// `gene_sets/<library>.json`.
    pub sets: &'a [u8],
}

impl<'a> Files<'a> {
    /// The five files in the order of the fields.
    ///
    /// # Errors
    /// If they are not five.
    pub fn of(files: &'a [Vec<u8>]) -> Result<Self, String> {
        match files {
            [encoder, config, weights, samples, sets] => Ok(Self { encoder, config, weights, samples, sets }),
            _ => Err(format!("{} files instead of 5", files.len())),
        }
    }
}

/// What came out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// Mean attribution after TopK, one a gene.
    pub scores: Vec<f32>,
    /// Pairs behind each mean.
    pub pairs: usize,
    /// Pathways.
    pub enrichment: EnrichmentDetail,
}

/// Does the work, with the functions that the backend calls. `progress` is told the share done.
///
/// # Errors
/// In words for the page: a file that is not what it should be, or that the work was stopped.
pub fn run(request: &Request, files: Files<'_>, progress: &mut dyn FnMut(f64)) -> Result<Answer, String> {
    let encoder = ScviEncoder::from_safetensors(files.encoder).map_err(|e| e.to_string())?;
    let sae = SaeWeights::from_safetensors(files.config, files.weights).map_err(|e| e.to_string())?;
    let sets: GeneSetFile = serde_json::from_slice(files.sets).map_err(|e| format!("gene sets: {e}"))?;
    let (counts, cells) = samples(files.samples, encoder.genes().len(), request)?;
    let swaps = ScviSwaps::new(&encoder, &counts, &[]).map_err(|e| e.to_string())?;
    let reader = ConceptReader::of(&sae);
    let Attribution { scores, pairs, .. } =
        attribute(&swaps, &reader, request.concept, &cells, request.counterfactuals)
            .map_err(|e| e.to_string())?;
    progress(0.1);
    let enrichment = ConceptEnrichment {
        sets: &sets,
        symbols: &request.symbols,
        detection: &request.detection,
        parameters: &request.enrichment,
        no_null: request.no_null.as_deref(),
    };
    let mut watch = |share: f64| {
        progress(0.1 + 0.9 * share);
        ControlFlow::Continue(())
    };
    let enrichment = enrich_concept(&scores, enrichment, &mut watch).map_err(|e| e.to_string())?;
    Ok(Answer { scores, pairs: pairs.len(), enrichment })
}

/// Counts of the sampled cells, and which are prototypes and counterfactuals, as places among them.
pub fn samples(file: &[u8], genes: usize, request: &Request) -> Result<(CountMatrix, ConceptCells), String> {
    let sampled = Samples::read(file, genes)?;
    let prototypes: Vec<(CellId, f32)> =
        sampled.prototypes.iter().take(request.prototypes).map(|&place| (CellId(place), 0.0)).collect();
    let near = |row: &Vec<u32>| {
        row.iter()
            .take(request.counterfactuals)
            .map(|&place| Neighbour { cell: CellId(place), distance: 0.0 })
            .collect()
    };
    let counterfactuals = sampled.counterfactuals.iter().take(request.prototypes).map(near).collect();
    Ok((sampled.counts, ConceptCells { prototypes, counterfactuals }))
}

/// `samples/NNNN.safetensors`.
#[derive(Clone, Debug)]
pub struct Samples {
    /// Counts in the model's gene order, one row a sampled cell.
    pub counts: CountMatrix,
    /// The cells' rows in the data.
    pub cells: Vec<u32>,
    /// Places of the prototypes among them.
    pub prototypes: Vec<u32>,
    /// Places of each prototype's counterfactuals, nearest first.
    pub counterfactuals: Vec<Vec<u32>>,
}

impl Samples {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// In words, if a tensor is missing or does not fit.
    pub fn read(file: &[u8], genes: usize) -> Result<Self, String> {
        let words = |e: &dyn std::fmt::Display| format!("samples: {e}");
        let tensors = SafeTensors::deserialize(file).map_err(|e| words(&e))?;
        let u32s = |name: &str| read_u32(&tensors, name).map_err(|e| words(&e));
        let cells = u32s("cells")?.1;
        let indptr = u32s("indptr")?.1.into_iter().map(u64::from).collect();
        let indices = match read_u16(&tensors, "indices") {
            Ok((_, narrow)) => narrow.into_iter().map(u32::from).collect(),
            Err(_) => u32s("indices")?.1,
        };
        let values = match read_u16(&tensors, "values") {
            Ok((_, narrow)) => narrow.into_iter().map(f32::from).collect(),
            Err(_) => read_f32(&tensors, "values").map_err(|e| words(&e))?.1,
        };
        let counts = CountMatrix::new(cells.len(), genes, indptr, indices, values).map_err(|e| words(&e))?;
        let prototypes = u32s("prototypes")?.1;
        let (shape, flat) = u32s("counterfactuals")?;
        let width = shape.get(1).copied().unwrap_or(0).max(1);
        let counterfactuals: Vec<Vec<u32>> = flat
            .chunks(width)
            .map(|row| row.iter().copied().filter(|&place| place != u32::MAX).collect())
            .collect();
        let known = |place: &u32| (*place as usize) < cells.len();
        if !prototypes.iter().all(known) || !counterfactuals.iter().flatten().all(known) {
            return Err("samples: a cell that is not there".into());
        }
        Ok(Self { counts, cells, prototypes, counterfactuals })
    }
}
