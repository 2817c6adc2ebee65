//! The genes that drive concepts, by counterfactual occlusion.

use std::{path::PathBuf, slice, time::Instant};

use cellprism_core::{
    attribution::{
        Attribution, ConceptCells, ConceptReader, Perturb, ScreenOutcome, Screened, Screening, attribute,
        cells_of_concepts, together,
    },
    bundle::{ReadingParameters, Side, Tensors},
    ids::{ConceptId, GeneId},
    limits, parallel,
    readings::{BothSides, FurtherCells, Of, TypicalPool, are_enough, both_sides, mean_counts},
};
use serde::{Deserialize, Serialize};

use super::{
    activations,
    fetched::{Fetched, every_cell},
    inputs::{by_cost, check_precision, check_screening, open_cells, pairs, prepare},
    parse_concepts, read_sae,
};
use crate::{
    files::embeddings::{self, Writer},
    models::{Model, SequenceOptions, embed},
    runtime::Place,
    work::{counts::CountStore, output::OutputFile, progress::Progress, shards::Shards},
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
    /// Which genes are swapped, where not all are.
    pub screening: Option<Screening>,
    /// Also every pair's scores.
    pub pairs: bool,
    /// Only the paper's scores, without presence and absence.
    pub paper: bool,
    /// Further prototypes, next in activation, on which carried genes are counted; none through a model whose swaps are dear
    /// where not given.
    pub held_out: Option<usize>,
    /// Typical inactive cells, drawn at random among those of the same total count, that each prototype is compared with;
    /// likewise.
    pub typical: Option<usize>,
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
            screening: None,
            pairs: false,
            paper: false,
            held_out: None,
            typical: None,
            out: PathBuf::new(),
            place: Place::default(),
            gene_info: None,
            allow_non_integer: false,
            sequence: SequenceOptions::default(),
            force_precision: false,
        }
    }
}

/// Score above which a gene counts as one that screening should not miss.
pub const IMPORTANT: f64 = 0.05;

/// What was done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Concepts that were scored.
    pub concepts: usize,
    /// Genes of the model.
    pub genes: usize,
    /// Time for cells and swaps, without embedding.
    pub seconds: f64,
    /// What a random sample says of genes that were not swapped, over all concepts, where not all were.
    pub screened: Option<ScreenOutcome>,
}

/// Chooses cells and swaps genes, concept by concept, and writes the scores.
///
/// # Errors
/// If an input cannot be read or does not fit the others.
pub fn run(options: &Options, progress: &dyn Progress) -> anyhow::Result<Report> {
    pairs(options.prototypes, options.counterfactuals)?;
    limits::FURTHER_CELLS.check("--held-out", options.held_out.unwrap_or_default())?;
    limits::FURTHER_CELLS.check("--typical", options.typical.unwrap_or_default())?;
    let model = Model::open(&options.model)?;
    check_precision(&model.card, options.force_precision)?;
    let sae = read_sae(&options.sae, &model.card)?;
    let given = [options.gene_info.as_ref(), options.sequence.genes.as_ref(), Some(&options.cells)];
    let read = [options.model.as_path(), &options.sae]
        .into_iter()
        .chain(given.into_iter().flatten().map(PathBuf::as_path));
    let out = OutputFile::claim(&options.out, "attribute", &read.collect::<Vec<_>>())?;
    let mut cells = open_cells(&options.cells, options.allow_non_integer)?;
    let model = prepare(model, &mut cells, &options.cells, options.gene_info.as_deref(), &options.sequence)?;
    check_screening(&*model, &options.place, options.screening.as_ref())?;
    let latent = model.model().card.latent as usize;
    let steps = progress.begin("read", cells.len() as u64, "cells");
    let genes = cells.genes().len();
    let store = CountStore::fill(&out.meanwhile("counts"), &mut cells, genes, &*steps)?;
    steps.finish();
    let steps = progress.begin("embed", cells.len() as u64, "cells");
    let places = slice::from_ref(&options.place);
    let mut stored = &store;
    let mut values = Writer::create(&out.meanwhile("embeddings"), cells.len(), latent)?;
    let mut take = |some: &[f32]| Ok(values.write(some)?);
    embed(&*model, places, (&mut stored, cells.names()), &Shards::none(), &*steps, &mut take)?;
    values.finish()?;
    steps.finish();
    let embedded = embeddings::read(&out.meanwhile("embeddings"))?.values;
    let swapper = model.swapper(&options.place)?;
    let activations = activations(&sae, embedded.view());
    let concepts = match &options.concepts {
        Some(list) => parse_concepts(list, sae.config.d_sae)?,
        None => activations.iter().filter(|(_, active)| !active.is_empty()).map(|(id, _)| id).collect(),
    };
    let reader = ConceptReader::of(&sae);
    let started = Instant::now();
    let reading = (!options.paper).then(|| {
        let usual = ReadingParameters::default();
        let asked = |n: Option<usize>| n.map(|n| n as u32);
        ReadingParameters {
            held_out: by_cost(asked(options.held_out), usual.held_out, model.is_dear()),
            typical: by_cost(asked(options.typical), usual.typical, model.is_dear()),
            ..usual
        }
    });
    let held_out = reading.as_ref().map_or(0, |reading| reading.held_out as usize);
    let wanted = vec![options.counterfactuals; options.prototypes + held_out];
    let steps = progress.begin("neighbours", (concepts.len() * wanted.len()) as u64, "prototypes");
    let chosen = cells_of_concepts(&activations, &concepts, embedded.view(), &wanted, |prototypes| {
        steps.advance(prototypes as u64);
    });
    steps.finish();
    let totals = store.totals();
    let pool = TypicalPool::new(totals, None);
    let steps = progress.begin("attribute", concepts.len() as u64, "concepts");
    let found = parallel::map(concepts.len(), |i| -> anyhow::Result<Scored> {
        let (id, active) = (concepts[i], activations.of(concepts[i]));
        let (cells, next) = chosen[i].split_at(options.prototypes);
        let further = reading.as_ref().map(|reading| FurtherCells {
            held_out: are_enough(next.prototypes.len(), reading.held_out as usize)
                .then_some(next)
                .filter(|next| !next.prototypes.is_empty()),
            typical: pool.beside((id, active), &cells, totals, reading),
            balanced_over: None,
        });
        let others = further.iter().flat_map(|more| [&more.held_out, &more.typical]).flatten();
        let fetched = Fetched::of(every_cell([&cells].into_iter().chain(others)), &store, model.map())?;
        let every_gene = &*swapper.among(fetched.counted())?;
        let n = options.counterfactuals;
        let screened = options
            .screening
            .as_ref()
            .map(|screening| Screened::choose(every_gene, &reader, id, &cells, n, screening))
            .transpose()?;
        let swaps: &dyn Perturb = screened.as_ref().map_or(every_gene, |screened| screened);
        let attribution = attribute(swaps, &reader, id, &cells, options.counterfactuals)?;
        let sides = match (&reading, &further) {
            (Some(reading), Some(further)) => {
                let of = Of { swaps, reader: &reader, concept: id, counterfactuals: options.counterfactuals };
                let sides = both_sides(of, &cells, &attribution, further, reading)?;
                Some((sides, mean_counts(&attribution, &cells, swaps)))
            }
            _ => None,
        };
        steps.advance(1);
        let screened =
            screened.map(|screened| (screened.outcome(&attribution, IMPORTANT), screened.swapped()));
        Ok(Scored { cells, attribution, sides, screened })
    })
    .into_iter()
    .collect::<anyhow::Result<Vec<_>>>()?;
    let seconds = started.elapsed().as_secs_f64();
    steps.finish();
    let genes = model.genes().len();
    let content = to_bytes(options, &concepts, &found, genes, model.genes(), &model.model().card.precision)?;
    out.finish(&content)?;
    let screened = together(found.iter().filter_map(|one| one.screened.as_ref().map(|found| &found.0)));
    Ok(Report { concepts: concepts.len(), genes, seconds, screened })
}

/// One concept.
struct Scored {
    cells: ConceptCells,
    attribution: Attribution,
    /// Both sides, and the mean count of each gene in the pairs.
    sides: Option<(BothSides, Vec<f64>)>,
    /// What the sample says, and the genes that were swapped.
    screened: Option<(ScreenOutcome, Vec<GeneId>)>,
}

fn to_bytes(
    options: &Options,
    concepts: &[ConceptId],
    found: &[Scored],
    genes: usize,
    names: &[String],
    precision: &str,
) -> anyhow::Result<Vec<u8>> {
    let (q, p, c) = (concepts.len(), options.prototypes, options.counterfactuals);
    let mut file = Tensors::default();
    file.u32("concepts", &[q], concepts.iter().map(|id| id.0));
    file.f32("scores", &[q, genes], found.iter().flat_map(|f| f.attribution.scores.iter().copied()));
    file.f32(
        "scores_pre_topk",
        &[q, genes],
        found.iter().flat_map(|f| f.attribution.scores_pre_topk.iter().copied()),
    );
    let prototype =
        |cells: &ConceptCells, i: usize| cells.prototypes.get(i).map_or(u32::MAX, |found| found.0.0);
    let other = |cells: &ConceptCells, i: usize, j: usize| {
        cells.counterfactuals.get(i).and_then(|near| near.get(j)).map_or(u32::MAX, |near| near.cell.0)
    };
    file.u32("prototypes", &[q, p], found.iter().flat_map(|f| (0..p).map(move |i| prototype(&f.cells, i))));
    file.u32(
        "counterfactuals",
        &[q, p, c],
        found.iter().flat_map(|f| (0..p * c).map(move |at| other(&f.cells, at / c, at % c))),
    );
    if options.pairs {
        let mut all = vec![0.0f32; q * p * c * genes];
        for (i, one) in found.iter().enumerate() {
            for pair in &one.attribution.pairs {
                let start = ((i * p + pair.prototype) * c + pair.counterfactual) * genes;
                for swap in &pair.swaps {
                    all[start + swap.gene as usize] = swap.post;
                }
            }
        }
        file.f32("pair_scores", &[q, p, c, genes], all);
    }
    sides(&mut file, found, genes);
    file.metadata("genes", serde_json::to_string(names)?);
    if found.iter().any(|one| one.screened.is_some()) {
        let each: Vec<_> = found.iter().map(|one| one.screened.as_ref().map(|found| &found.0)).collect();
        file.metadata("screened", serde_json::to_string(&each)?);
        let mut swapped = vec![0u32; q * genes];
        for (of_concept, one) in swapped.chunks_mut(genes).zip(found) {
            for gene in one.screened.iter().flat_map(|found| &found.1) {
                of_concept[gene.index()] = 1;
            }
        }
        file.u32("swapped", &[q, genes], swapped);
    }
    file.metadata("precision", precision.to_owned());
    Ok(file.to_bytes()?)
}

/// Presence and absence of all concepts, by the names that they have in a bundle.
fn sides(file: &mut Tensors, found: &[Scored], genes: usize) {
    let Some(all) = found.iter().map(|one| one.sides.as_ref()).collect::<Option<Vec<_>>>() else { return };
    let (all, mean_counts): (Vec<&BothSides>, Vec<&Vec<f64>>) = all.into_iter().map(|(s, c)| (s, c)).unzip();
    let shape = [all.len(), genes];
    for (name, side) in [("presence", Side::Presence), ("absence", Side::Absence)] {
        let nearest = all.iter().flat_map(|sides| sides.nearest.of(side).iter().copied());
        file.f32(&format!("scores_{name}"), &shape, nearest);
        if let Some(typical) = all.iter().map(|sides| sides.typical.as_ref()).collect::<Option<Vec<_>>>() {
            let typical = typical.into_iter().flat_map(|sides| sides.of(side).iter().copied());
            file.f32(&format!("scores_typical_{name}"), &shape, typical);
        }
        let carried = all.iter().flat_map(|sides| sides.carried.of(side).iter().copied());
        file.u32(&format!("carried_by_{name}"), &shape, carried);
    }
    let counts = mean_counts.into_iter().flatten().map(|&mean| mean as f32);
    file.f32("mean_counts", &shape, counts);
    let prototypes = all.iter().map(|sides| sides.held_out.bases.len() as u32);
    file.u32("held_out", &[all.len()], prototypes);
}
