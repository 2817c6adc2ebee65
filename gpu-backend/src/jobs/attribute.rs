//! The genes that drive concepts, by counterfactual occlusion.

use std::{path::PathBuf, slice, time::Instant};

use anyhow::{Context, bail};
use cellprism_core::{
    attribution::{Attribution, ConceptCells, ConceptReader, attribute, cells_of_concepts},
    bundle::Tensors,
    ids::ConceptId,
    parallel,
};
use serde::{Deserialize, Serialize};

use super::{
    activations,
    inputs::{check_precision, open_cells, prepare},
    parse_concepts, read_sae,
};
use crate::{
    models::{Counted, Model, SequenceOptions, embed},
    runtime::Place,
    work::{atomic, progress::Progress, shards::Shards},
};

/// What is scored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Model folder that `cellprism import` wrote.
    pub model: PathBuf,
    /// Sparse autoencoder (SAELens layout).
    pub sae: PathBuf,
    /// Cells with raw counts (.h5ad).
    pub cells: PathBuf,
    /// Concepts, for instance `0-99,120`; all that are active where not given.
    pub concepts: Option<String>,
    /// N_p: most active cells of each concept.
    pub prototypes: usize,
    /// N_c: nearest cells that do not activate it, for each prototype.
    pub counterfactuals: usize,
    /// Also every pair's scores.
    pub pairs: bool,
    /// File to write.
    pub out: PathBuf,
    /// Where the model runs.
    pub place: Place,
    /// Gene table with aliases.
    pub gene_info: Option<PathBuf>,
    /// Accept counts that are not whole numbers.
    pub allow_non_integer: bool,
    /// What a model of sequences reads.
    pub sequence: SequenceOptions,
    /// Score genes through a model of half precision all the same.
    pub force_precision: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            model: PathBuf::new(),
            sae: PathBuf::new(),
            cells: PathBuf::new(),
            concepts: None,
            prototypes: 10,
            counterfactuals: 3,
            pairs: false,
            out: PathBuf::new(),
            place: Place::default(),
            gene_info: None,
            allow_non_integer: false,
            sequence: SequenceOptions::default(),
            force_precision: false,
        }
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Concepts that were scored.
    pub concepts: usize,
    /// Genes of the model.
    pub genes: usize,
    /// Time for cells and swaps, without embedding.
    pub seconds: f64,
}

/// Chooses cells and swaps genes, concept by concept, and writes the scores.
///
/// # Errors
/// If an input cannot be read or does not fit the others.
pub fn run(options: &Options, progress: &dyn Progress) -> anyhow::Result<Report> {
    if options.prototypes == 0 || options.counterfactuals == 0 {
        bail!("--prototypes and --counterfactuals must be at least 1");
    }
    let model = Model::open(&options.model)?;
    check_precision(&model.card, options.force_precision)?;
    let sae = read_sae(&options.sae, &model.card)?;
    let mut cells = open_cells(&options.cells, options.allow_non_integer)?;
    let model = prepare(model, &mut cells, &options.cells, options.gene_info.as_deref(), &options.sequence)?;
    let steps = progress.begin("embed", cells.len() as u64, "cells");
    let places = slice::from_ref(&options.place);
    let embedded = embed(&*model, places, &mut cells, &Shards::none(), &*steps)?;
    steps.finish();
    let counts = cells.rows(0, cells.len())?;
    let in_model = model.map().apply(&counts);
    let swaps = model.perturb(&options.place, Counted { data: &counts, model: &in_model })?;
    let activations = activations(&sae, &embedded.values);
    let concepts = match &options.concepts {
        Some(list) => parse_concepts(list, sae.config.d_sae)?,
        None => activations.iter().filter(|(_, active)| !active.is_empty()).map(|(id, _)| id).collect(),
    };
    let reader = ConceptReader::of(&sae);
    let started = Instant::now();
    let wanted = vec![options.counterfactuals; options.prototypes];
    let steps = progress.begin("neighbours", (concepts.len() * options.prototypes) as u64, "prototypes");
    let chosen = cells_of_concepts(&activations, &concepts, embedded.values.view(), &wanted, |prototypes| {
        steps.advance(prototypes as u64);
    });
    steps.finish();
    let steps = progress.begin("attribute", concepts.len() as u64, "concepts");
    let scores = parallel::map(concepts.len(), |i| {
        let scores = attribute(&*swaps, &reader, concepts[i], &chosen[i], options.counterfactuals);
        steps.advance(1);
        scores
    })
    .into_iter()
    .collect::<Result<Vec<_>, _>>()?;
    let found: Vec<_> = chosen.into_iter().zip(scores).collect();
    let seconds = started.elapsed().as_secs_f64();
    steps.finish();
    let genes = swaps.genes();
    write(options, &concepts, &found, genes, model.genes(), &model.model().card.precision)?;
    Ok(Report { concepts: concepts.len(), genes, seconds })
}

fn write(
    options: &Options,
    concepts: &[ConceptId],
    found: &[(ConceptCells, Attribution)],
    genes: usize,
    names: &[String],
    precision: &str,
) -> anyhow::Result<()> {
    let (q, p, c) = (concepts.len(), options.prototypes, options.counterfactuals);
    let mut file = Tensors::default();
    file.u32("concepts", &[q], concepts.iter().map(|id| id.0));
    file.f32("scores", &[q, genes], found.iter().flat_map(|f| f.1.scores.iter().copied()));
    file.f32("scores_pre_topk", &[q, genes], found.iter().flat_map(|f| f.1.scores_pre_topk.iter().copied()));
    let prototype =
        |cells: &ConceptCells, i: usize| cells.prototypes.get(i).map_or(u32::MAX, |found| found.0.0);
    let other = |cells: &ConceptCells, i: usize, j: usize| {
        cells.counterfactuals.get(i).and_then(|near| near.get(j)).map_or(u32::MAX, |near| near.cell.0)
    };
    file.u32(
        "prototypes",
        &[q, p],
        found.iter().flat_map(|(cells, _)| (0..p).map(move |i| prototype(cells, i))),
    );
    file.u32(
        "counterfactuals",
        &[q, p, c],
        found.iter().flat_map(|(cells, _)| (0..p * c).map(move |at| other(cells, at / c, at % c))),
    );
    if options.pairs {
        let mut all = vec![0.0f32; q * p * c * genes];
        for (i, (_, attribution)) in found.iter().enumerate() {
            for pair in &attribution.pairs {
                let start = ((i * p + pair.prototype) * c + pair.counterfactual) * genes;
                for swap in &pair.swaps {
                    all[start + swap.gene as usize] = swap.post;
                }
            }
        }
        file.f32("pair_scores", &[q, p, c, genes], all);
    }
    file.metadata("genes", serde_json::to_string(names)?);
    file.metadata("precision", precision.to_owned());
    atomic::write_file(&options.out, &file.to_bytes()?)
        .with_context(|| format!("cannot write {}", options.out.display()))
}
