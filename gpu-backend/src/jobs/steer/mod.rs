//! A concept set to another value, and what the model then expects of every gene.

mod report;
mod scores;

use std::path::PathBuf;

use anyhow::{Context, bail};
use cellprism_core::{
    cells::GeneMap,
    concepts::ActiveCells,
    ids::{CellId, ConceptId},
    limits,
    steering::Target,
};
use ndarray::Axis;
use serde::{Deserialize, Serialize};

use super::{
    activations,
    inputs::{open_cells, prepare},
    read_sae,
};
use crate::{
    files::h5ad::H5ad,
    models::{LatentCells, Model, SequenceOptions, embeddings},
    runtime::Place,
    work::{output::OutputFile, progress::Progress},
};

pub use report::Report;
use scores::Scores;

/// Largest value or factor: beyond it an expected count is no number, or none that means anything.
const FARTHEST: f32 = 1e6;
/// Cells whose counts are read at once.
const ROWS: usize = 4096;

/// What is steered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Model folder that `cellprism import` wrote, of a model that decodes.
    pub model: PathBuf,
    /// Sparse autoencoder (SAELens layout).
    pub sae: PathBuf,
    /// Cells with raw counts (.h5ad).
    pub cells: PathBuf,
    /// The concept.
    pub concept: u32,
    /// What it is set to.
    pub target: Target,
    /// Which cells are steered.
    pub cells_like: CellsLike,
    /// N_p: most active cells of the concept.
    pub prototypes: usize,
    /// Attribution of the same concept, to stand beside the change.
    pub attribution: Option<PathBuf>,
    /// Table to write.
    pub out: PathBuf,
    /// Where the model embeds; decoding runs on the processor.
    pub place: Place,
    /// Gene table with aliases.
    pub gene_info: Option<PathBuf>,
    /// Accept counts that are not whole numbers.
    pub allow_non_integer: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            model: PathBuf::new(),
            sae: PathBuf::new(),
            cells: PathBuf::new(),
            concept: 0,
            target: Target::To(0.0),
            cells_like: CellsLike::default(),
            prototypes: 10,
            attribution: None,
            out: PathBuf::new(),
            place: Place::default(),
            gene_info: None,
            allow_non_integer: false,
        }
    }
}

/// Cells that are steered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CellsLike {
    /// The concept's most active cells.
    #[default]
    Prototypes,
    /// Every cell.
    All,
}

/// Steers, and writes the table.
///
/// # Errors
/// If an input cannot be read or does not fit the others, or there is no cell to steer.
pub fn run(options: &Options, progress: &dyn Progress) -> anyhow::Result<Report> {
    limits::PROTOTYPES.check("--prototypes", options.prototypes)?;
    let (name, value) = match options.target {
        Target::To(value) => ("--to", value),
        Target::Scale(factor) => ("--scale", factor),
    };
    if !(0.0..=FARTHEST).contains(&value) {
        bail!("{name} {value}: from 0 to {FARTHEST}, since activations have up to some hundred");
    }
    let model = Model::open(&options.model)?;
    if !model.kind()?.decodes() {
        bail!(no_decoder(&model));
    }
    let sae = read_sae(&options.sae, &model.card)?;
    let (concept, concepts) = (ConceptId(options.concept), sae.config.d_sae);
    if concept.index() >= concepts {
        bail!("--concept {} is not within 0-{}", options.concept, concepts.saturating_sub(1));
    }
    let given = [options.attribution.as_ref(), options.gene_info.as_ref(), Some(&options.cells)];
    let read = [options.model.as_path(), &options.sae]
        .into_iter()
        .chain(given.into_iter().flatten().map(PathBuf::as_path));
    let out = OutputFile::claim(&options.out, "steer", &read.collect::<Vec<_>>())?;
    let mut cells = open_cells(&options.cells, options.allow_non_integer)?;
    let refused = no_decoder(&model);
    let sequence = SequenceOptions::default();
    let model = prepare(model, &mut cells, &options.cells, options.gene_info.as_deref(), &sequence)?;
    let decoder = model.decoder()?.context(refused)?;
    let scores = match &options.attribution {
        Some(path) => {
            Some(Scores::read(path, concept, decoder.genes()).with_context(|| path.display().to_string())?)
        }
        None => None,
    };
    let steps = progress.begin("embed", cells.len() as u64, "cells");
    let embedded = embeddings(&*model, &options.place, &mut cells, &*steps)?;
    steps.finish();
    let activations = activations(&sae, embedded.view());
    let chosen = choose(options, activations.of(concept), cells.len())?;
    let rows: Vec<usize> = chosen.iter().map(|&(cell, _)| cell.index()).collect();
    let latent = embedded.select(Axis(0), &rows);
    let totals = totals(&mut cells, model.map())?;
    let totals: Vec<f64> = rows.iter().map(|&row| totals[row]).collect();
    let activations: Vec<f32> = chosen.iter().map(|&(_, value)| value).collect();
    let chosen =
        LatentCells { rows: &rows, latent: latent.view(), totals: &totals, activations: &activations };
    let steered = decoder.steer(&sae, concept, chosen, options.target)?;
    if let Some(gene) = steered.genes.first_not_finite() {
        bail!(
            "concept {} set to {:?}: the expected count of {} is no number; the decoder holds no value as far from those \
             of cells, use a smaller --to or --scale",
            options.concept,
            options.target,
            decoder.genes()[gene]
        );
    }
    let (target, cells_like) = (options.target, options.cells_like);
    let report = Report { concept, target, cells_like, genes: decoder.genes().to_vec(), steered, scores };
    out.finish(report.table().as_bytes())?;
    Ok(report)
}

fn no_decoder(model: &Model) -> String {
    format!(
        "{} is a model of kind {:?}: steering asks for expected counts, which only scVI's decoder gives",
        model.folder.display(),
        model.card.kind.name()
    )
}

/// Cells to steer with their activations.
fn choose(options: &Options, active: &ActiveCells, cells: usize) -> anyhow::Result<Vec<(CellId, f32)>> {
    if active.is_empty()
        && (options.cells_like == CellsLike::Prototypes || matches!(options.target, Target::Scale(_)))
    {
        bail!(
            "no cell of {} activates concept {}: set it everywhere by --to VALUE --cells-like all",
            options.cells.display(),
            options.concept
        );
    }
    if options.cells_like == CellsLike::Prototypes {
        if options.prototypes == 0 {
            bail!("--prototypes must be at least 1");
        }
        return Ok(active.prototypes(options.prototypes));
    }
    let mut all: Vec<(CellId, f32)> = (0..cells).map(|cell| (CellId::from(cell), 0.0)).collect();
    for (cell, &value) in active.cells.iter().zip(&active.values) {
        all[cell.index()].1 = value;
    }
    Ok(all)
}

/// Each cell's sum of counts over the model's genes: scVI's library size.
fn totals(cells: &mut H5ad, map: &GeneMap) -> anyhow::Result<Vec<f64>> {
    let n = cells.len();
    let mut totals = Vec::with_capacity(n);
    for start in (0..n).step_by(ROWS) {
        totals.extend(map.apply(&cells.rows(start, ROWS.min(n - start))?).row_sums());
    }
    Ok(totals)
}
