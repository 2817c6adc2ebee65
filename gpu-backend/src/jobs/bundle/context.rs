//! What every concept is described from: activations, counts, encoder, genes, sets. Nothing here changes.

use std::time::Instant;

use cellprism_core::{
    attribution::DeletionOptions,
    bundle::{GeneSetFile, Ladder, Parameters, Stage},
    cells::{Column, CountMatrix, is_ensembl, strip_version},
    gsea::{Deck, index_sets},
    ids::CellId,
    readings::{TypicalPool, side_deck},
};
use ndarray::Array2;

use crate::{jobs::fetched::Fetched, models::Swapper};

use super::{
    Job,
    dictionary::{Dictionary, Embedding},
    inputs::Inputs,
    subject::Subject,
};

/// Everything that concepts are described from.
pub struct Context<'a> {
    /// Parameters with nothing left open.
    pub parameters: Parameters,
    /// Names of the cells.
    pub names: Vec<String>,
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
    pub swapper: Box<dyn Swapper + 'a>,
    /// Length and repetition of deletion curves.
    pub deletion: DeletionOptions,
    /// Whether a swap is a pass of a large model.
    pub is_dear: bool,
    /// Counts in the model's gene order.
    pub counts: &'a CountMatrix,
    /// Sums of all measured counts of each cell.
    pub totals: Vec<f64>,
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
}

impl<'a> Context<'a> {
    /// Prepares what all concepts share; `counts` are in the model's gene order.
    ///
    /// # Errors
    /// If the encoder's weights are missing or do not fit.
    pub fn new(
        job: &Job,
        inputs: &'a Inputs,
        counts: &'a CountMatrix,
        embedding: Embedding,
        sae: Dictionary,
    ) -> anyhow::Result<Self> {
        let n = counts.rows.max(1) as f32;
        let detection = counts.detected().into_iter().map(|cells| cells as f32 / n).collect();
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
        let totals = inputs.cells.counts.row_sums();
        Ok(Self {
            pool: TypicalPool::new(&totals, columns.first()),
            deck: side_deck(symbols.len(), &inputs.parameters.enrichment),
            parameters: Parameters { sae: sae.parameters, ..inputs.parameters.clone() },
            ladder: sae.ladder,
            names: inputs.cells.names.clone(),
            columns,
            concepts: Subject::concepts(sae.weights, &embedding.values),
            neurons: inputs.parameters.neurons.then(|| Subject::neurons(&embedding.values)).transpose()?,
            training: sae.stage,
            swapper: inputs.model.swapper(&job.place)?,
            deletion: deletion(inputs),
            is_dear: inputs.model.is_dear(),
            totals,
            counts,
            symbols,
            detection,
            sets,
            embedding,
            started: Instant::now(),
        })
    }

    /// The primary metadata column.
    pub fn primary(&self) -> Option<&Column> {
        self.columns.first()
    }

    /// Counts of some cells, which rise.
    pub fn fetch(&self, cells: Vec<CellId>) -> Fetched {
        Fetched::of(cells, self.counts, &self.totals)
    }

    /// Embeddings `[cells, latent]`.
    pub fn embeddings(&self) -> &Array2<f32> {
        &self.embedding.values
    }
}

/// Points of a curve where genes are screened: a curve's passes are whole ones still.
const SCREENED_STEPS: u32 = 10;

/// Length and repetition of deletion curves.
fn deletion(inputs: &Inputs) -> DeletionOptions {
    let usual = inputs.model.deletion();
    match inputs.parameters.attribution.screening {
        Some(_) => DeletionOptions { steps: usual.steps.min(SCREENED_STEPS), ..usual },
        None => usual,
    }
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
                .filter(|s| !s.is_empty() && !is_ensembl(s));
            let known =
                || inputs.table.as_ref().and_then(|t| t.find(strip_version(name))).map(|g| g.symbol.clone());
            in_data.cloned().or_else(known).unwrap_or_else(|| name.clone())
        })
        .collect()
}
