//! A concept's readings, computed again from the bundle's files: the paper's ranking and pathways, and what its cells have
//! and lack.

use std::ops::ControlFlow;

use cellprism_core::{
    attribution::{Attribution, ConceptReader, ScviSwaps, attribute},
    bundle::{
        EnrichmentDetail, EnrichmentParameters, File, GeneSetFile, ReadingParameters, SideLabels, path,
    },
    embedding::scvi::ScviEncoder,
    gsea::{ConceptEnrichment, GeneSets, enrich_concept, index_sets},
    ids::ConceptId,
    readings::{ConceptRequest, read_concept, side_deck},
};
use serde::{Deserialize, Serialize};

use super::{dictionary::dictionary, files::Files, samples::Samples};
use crate::subject::Subject;

/// Sets of the reader's own, among a job's files.
pub const OWN_SETS: &str = "own.gmt";

/// Recompute a concept's readings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Whose readings.
    pub subject: Subject,
    /// The concept or neuron.
    pub concept: ConceptId,
    /// N_p.
    pub prototypes: usize,
    /// N_c.
    pub counterfactuals: usize,
    /// Concepts active in a cell, where it shall not be the dictionary's number.
    #[serde(default)]
    pub k: Option<usize>,
    /// Parameters of the enrichment.
    pub enrichment: EnrichmentParameters,
    /// Library of the paper's enrichment; the name of the reader's file where own sets are sent along.
    pub library: String,
    /// Whether the library is the file [`OWN_SETS`], which whoever asks adds.
    #[serde(default)]
    pub own_sets: bool,
    /// Symbols of the model's genes.
    pub symbols: Vec<String>,
    /// Detection rates of the model's genes.
    pub detection: Vec<f32>,
    /// Why no chance rate is published, where none is.
    pub no_null: Option<String>,
    /// The readings beyond the paper, where the bundle has them.
    pub reading: Option<Reading>,
}

/// How readings beyond the paper are made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reading {
    /// Parameters.
    pub parameters: ReadingParameters,
    /// Libraries, in the order in which they were read.
    pub libraries: Vec<String>,
    /// Concepts and sides that are tested together.
    pub tests: u32,
    /// Why no label is wanted, where none is.
    pub no_label: Option<String>,
}

impl Request {
    /// Files that the work reads, by their path in the bundle.
    pub fn files(&self) -> Vec<String> {
        let fixed = [path::MODEL_ENCODER].iter().chain(self.subject.dictionary_files());
        let libraries = self.reading.iter().flat_map(|reading| &reading.libraries).chain([&self.library]);
        let mut names: Vec<String> = fixed.map(|&name| name.to_owned()).collect();
        names.push(self.subject.samples(self.concept));
        if !self.own_sets {
            names.extend(libraries.map(|library| path::gene_sets(library)));
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// What came out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// Mean attribution after TopK, one a gene.
    pub scores: Vec<f32>,
    /// Pairs behind each mean.
    pub pairs: usize,
    /// The paper's pathways.
    pub enrichment: EnrichmentDetail,
    /// What its cells have and lack, where that was asked for.
    pub sides: Option<Sides>,
}

/// What its cells have and lack, one value a gene.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sides {
    /// Mean effect of what they have, against the nearest other cells.
    pub scores_presence: Vec<f32>,
    /// … of what they lack.
    pub scores_absence: Vec<f32>,
    /// The same against typical other cells; empty where that contrast was not made.
    pub scores_typical_presence: Vec<f32>,
    /// … of what they lack.
    pub scores_typical_absence: Vec<f32>,
    /// Cells that carry the gene's presence.
    pub carried_by_presence: Vec<u32>,
    /// … its absence.
    pub carried_by_absence: Vec<u32>,
    /// The best set of each side, its chance not yet held against the other concepts.
    pub labels: SideLabels,
}

/// Does the work, with the functions that the backend calls. `progress` is told the share done.
///
/// # Errors
/// In words for the page: a file that is not what it should be, or that the work was stopped.
pub fn run(request: &Request, files: &Files, progress: &mut dyn FnMut(f64)) -> Result<Answer, String> {
    let encoder =
        ScviEncoder::from_safetensors(files.get(path::MODEL_ENCODER)?).map_err(|e| e.to_string())?;
    let mut sae = dictionary(request.subject, files, encoder.latent(), request.concept)?;
    if let Some(k) = request.k {
        sae.config.k = k;
    }
    let sampled = files.get(&request.subject.samples(request.concept))?;
    let samples = Samples::read(sampled, encoder.genes().len())?;
    let swaps = ScviSwaps::new(&encoder, &samples.counts, &[]).map_err(|e| e.to_string())?;
    let reader = ConceptReader::of(&sae);
    let cells = samples.ranking(request.prototypes, request.counterfactuals);
    let attribution = attribute(&swaps, &reader, request.concept, &cells, request.counterfactuals)
        .map_err(|e| e.to_string())?;
    progress(0.1);
    let paper_share = if request.reading.is_some() { 0.3 } else { 0.9 };
    let enrichment = paper(request, files, &attribution, &mut |share| progress(0.1 + paper_share * share))?;
    let sides = match &request.reading {
        None => None,
        Some(reading) => {
            let mut progress = |share: f64| progress(0.4 + 0.6 * share);
            let further = samples.further(request.prototypes, None);
            let beyond = ConceptRequest {
                model: &swaps,
                reader: &reader,
                concept: request.concept,
                cells: &cells,
                attribution: &attribution,
                further: &further,
                counterfactuals: request.counterfactuals,
                symbols: &request.symbols,
                sets: &sets(request, &reading.libraries, files)?,
                enrichment: &request.enrichment,
                deck: &side_deck(encoder.genes().len(), &request.enrichment),
                reading: &reading.parameters,
                tests: reading.tests,
                no_label: reading.no_label.as_deref(),
            };
            Some(sides(beyond, &mut progress)?)
        }
    };
    Ok(Answer { pairs: attribution.pairs.len(), scores: attribution.scores, enrichment, sides })
}

fn sets(request: &Request, libraries: &[String], files: &Files) -> Result<Vec<GeneSetFile>, String> {
    if request.own_sets {
        let own = GeneSets::parse(files.get(OWN_SETS)?).map_err(|e| format!("{}: {e}", request.library))?;
        let found = index_sets(&request.library, "the reader", &own, &request.symbols);
        if found.sets.is_empty() {
            return Err(format!("{}: none of its sets has a gene of this model", request.library));
        }
        return Ok(vec![found]);
    }
    let read = |library: &String| {
        let name = path::gene_sets(library);
        GeneSetFile::from_bytes(&name, files.get(&name)?).map_err(|e| e.to_string())
    };
    libraries.iter().map(read).collect()
}

/// The paper's pathways.
fn paper(
    request: &Request,
    files: &Files,
    attribution: &Attribution,
    progress: &mut dyn FnMut(f64),
) -> Result<EnrichmentDetail, String> {
    let sets = sets(request, std::slice::from_ref(&request.library), files)?;
    let enrichment = ConceptEnrichment {
        sets: &sets[0],
        symbols: &request.symbols,
        detection: &request.detection,
        parameters: &request.enrichment,
        no_null: request.no_null.as_deref(),
        deck: None,
    };
    let mut watch = |share: f64| {
        progress(share);
        ControlFlow::Continue(())
    };
    enrich_concept(&attribution.scores, enrichment, &mut watch).map_err(|e| e.to_string())
}

/// What its cells have and lack.
fn sides(request: ConceptRequest<'_, ScviSwaps<'_>>, progress: &mut dyn FnMut(f64)) -> Result<Sides, String> {
    let mut watch = |share: f64| {
        progress(share);
        ControlFlow::Continue(())
    };
    let found = read_concept(request, &mut watch).map_err(|e| e.to_string())?;
    let typical = found.typical.map(|typical| (typical.presence, typical.absence)).unwrap_or_default();
    Ok(Sides {
        scores_presence: found.nearest.presence,
        scores_absence: found.nearest.absence,
        scores_typical_presence: typical.0,
        scores_typical_absence: typical.1,
        carried_by_presence: found.carried.presence,
        carried_by_absence: found.carried.absence,
        labels: found.labels,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_that_are_needed_are_named() {
        let request = Request {
            subject: Subject::Concepts,
            concept: ConceptId(7),
            prototypes: 10,
            counterfactuals: 3,
            k: None,
            enrichment: EnrichmentParameters::default(),
            library: "GO".into(),
            own_sets: false,
            symbols: Vec::new(),
            detection: Vec::new(),
            no_null: None,
            reading: Some(Reading {
                parameters: ReadingParameters::default(),
                libraries: vec!["GO".into(), "Hallmark".into()],
                tests: 10,
                no_label: None,
            }),
        };
        let expected = [
            "gene_sets/GO.json",
            "gene_sets/Hallmark.json",
            "model/encoder.safetensors",
            "sae/cfg.json",
            "sae/sae_weights.safetensors",
            "samples/0007.safetensors",
        ];
        assert_eq!(request.files(), expected);
        let own = Request { own_sets: true, ..request.clone() };
        assert_eq!(own.files(), &expected[2..], "own sets are sent along");
        let neuron = Request { subject: Subject::Neurons, ..request.clone() };
        assert_eq!(
            neuron.files(),
            [expected[0], expected[1], expected[2], "samples/neurons/0007.safetensors"]
        );
        let why = run(&request, &Files::default(), &mut |_| {}).unwrap_err();
        assert!(why.contains("model/encoder.safetensors"), "{why}");
    }
}
