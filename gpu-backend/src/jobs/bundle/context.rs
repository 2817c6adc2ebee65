//! What every concept is described from: activations, counts, encoder, genes, sets. Nothing here changes.

use std::time::Instant;

use cellprism_core::{
    attribution::DeletionOptions,
    bundle::{GeneSetFile, Ladder, Parameters, Stage},
    cells::{Column, GeneMap, is_ensembl, strip_version},
    gsea::{Deck, index_sets},
    ids::CellId,
    readings::{TypicalPool, side_deck},
};
use ndarray::ArrayView2;

use crate::{jobs::fetched::Fetched, models::Prepared, work::counts::CountStore};

use super::{
    Job, codes, dictionary::Dictionary, embedding::Embedding, inputs::Inputs, opened::Opened,
    subject::Subject, work::Work,
};

/// Seconds that others have spent on describing.
pub const SPENT: &str = "described-before.json";

/// Everything that concepts are described from.
pub struct Context<'a> {
    /// Parameters with nothing left open.
    pub parameters: Parameters,
    /// Names of the cells.
    pub names: &'a [String],
    /// Metadata, the primary column first; only columns that can be tested.
    pub columns: Vec<Column>,
    /// Embeddings `[cells, latent]` and how they came about.
    pub embedding: Embedding,
    /// The dictionary's concepts.
    pub concepts: Subject,
    /// The embedding's dimensions, where the baseline is wanted.
    pub neurons: Option<Subject>,
    /// How training went.
    pub training: Stage,
    /// Sizes of the dictionary that were tried.
    pub ladder: Option<Ladder>,
    /// The model through which genes are swapped.
    pub swapper: Opened<'a>,
    /// Length and repetition of deletion curves.
    pub deletion: DeletionOptions,
    /// Whether a swap is a pass of a large model.
    pub is_dear: bool,
    /// Counts of all cells, in the data's gene order.
    pub counts: &'a CountStore,
    /// The model's genes in the data.
    pub map: &'a GeneMap,
    /// Cells to draw typical inactive ones from.
    pub pool: TypicalPool,
    /// Symbols of the model's genes.
    pub symbols: Vec<String>,
    /// Share of cells in which each gene is detected.
    pub detection: Vec<f32>,
    /// Permutations of the genes for the enrichment of both sides.
    pub deck: Deck,
    /// Libraries.
    pub sets: Vec<GeneSetFile>,
    /// When describing began.
    pub started: Instant,
    /// Seconds that others have spent on it before.
    pub spent: f64,
}

impl<'a> Context<'a> {
    /// Prepares what all concepts share.
    ///
    /// # Errors
    /// If the encoder's weights are missing or do not fit.
    pub fn new(
        job: &Job,
        inputs: &'a Inputs,
        counts: &'a CountStore,
        embedding: Embedding,
        sae: Dictionary,
        work: &Work,
    ) -> anyhow::Result<Self> {
        let map = inputs.model.map();
        let symbols = symbols(inputs);
        let files = job
            .gene_sets
            .iter()
            .map(|path| path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned()));
        let sets = inputs
            .libraries
            .iter()
            .zip(files)
            .map(|((name, sets), file)| index_sets(name, &file, sets, &symbols))
            .collect();
        let columns: Vec<Column> =
            inputs.columns.iter().filter_map(|name| inputs.cells.column(name)).cloned().collect();
        Ok(Self {
            pool: TypicalPool::new(counts.totals(), columns.first()),
            deck: side_deck(symbols.len(), &inputs.parameters.enrichment),
            parameters: Parameters { sae: sae.parameters, ..inputs.parameters.clone() },
            ladder: sae.ladder,
            names: &inputs.cells.names,
            columns,
            concepts: {
                let activations = codes::activations(&sae.weights, embedding.values.view(), work);
                Subject::of_concepts(sae.weights, activations)
            },
            neurons: inputs
                .parameters
                .neurons
                .then(|| Subject::neurons(embedding.values.view()))
                .transpose()?,
            training: sae.stage,
            swapper: Opened::later(&*inputs.model, &job.place),
            deletion: deletion(&*inputs.model, &inputs.parameters),
            is_dear: inputs.model.is_dear(),
            counts,
            map,
            symbols,
            detection: detection(counts, map),
            sets,
            embedding,
            started: Instant::now(),
            spent: work.stage(SPENT).unwrap_or(0.0),
        })
    }

    /// The primary metadata column.
    pub fn primary(&self) -> Option<&Column> {
        self.columns.first()
    }

    /// Counts of some cells, which rise.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn fetch(&self, cells: Vec<CellId>) -> anyhow::Result<Fetched> {
        Fetched::of(cells, self.counts, self.map)
    }

    /// Embeddings `[cells, latent]`.
    pub fn embeddings(&self) -> ArrayView2<'_, f32> {
        self.embedding.values.view()
    }
}

/// Points of a curve where genes are screened: a curve's passes are whole ones still.
const SCREENED_STEPS: u32 = 10;

/// Length and repetition of deletion curves through a model.
pub fn deletion(model: &dyn Prepared, parameters: &Parameters) -> DeletionOptions {
    let usual = model.deletion();
    match parameters.attribution.screening {
        Some(_) => DeletionOptions { steps: usual.steps.min(SCREENED_STEPS), ..usual },
        None => usual,
    }
}

/// Share of cells in which each of the model's genes is detected.
pub fn detection(counts: &CountStore, map: &GeneMap) -> Vec<f32> {
    let n = counts.cells().max(1) as f32;
    let detected = |column: &Option<u32>| column.map_or(0, |column| counts.detected()[column as usize]);
    map.column_of.iter().map(|column| detected(column) as f32 / n).collect()
}

/// Symbols of the model's genes: its own names, or for Ensembl identifiers the data's or the gene table's symbols.
pub fn symbols(inputs: &Inputs) -> Vec<String> {
    let genes = &inputs.cells.genes;
    inputs
        .model
        .genes()
        .iter()
        .zip(&inputs.model.map().column_of)
        .map(|(name, column)| {
            if !is_ensembl(name) {
                return name.clone();
            }
            let in_data = column
                .and_then(|c| genes.symbols.get(c as usize))
                .map(|symbol| without_identifier(symbol, strip_version(name)))
                .filter(|s| !s.is_empty() && !is_ensembl(s));
            let known =
                || inputs.table.as_ref().and_then(|t| t.find(strip_version(name))).map(|g| g.symbol.clone());
            in_data.map(str::to_owned).or_else(known).unwrap_or_else(|| name.clone())
        })
        .collect()
}

/// CELLxGENE's `feature_name` tells symbols of several identifiers apart by the identifier: `MATR3_ENSG00000280987`.
fn without_identifier<'s>(symbol: &'s str, identifier: &str) -> &'s str {
    symbol.strip_suffix(identifier).and_then(|rest| rest.strip_suffix('_')).unwrap_or(symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_is_shown_without_its_identifier() {
        let shown = |symbol| without_identifier(symbol, "ENSG00000280987");
        assert_eq!(shown("MATR3_ENSG00000280987"), "MATR3");
        assert_eq!(shown("MATR3"), "MATR3");
        assert_eq!(shown("ENSG00000280987"), "ENSG00000280987");
    }
}
