//! The whole job, read top to bottom: cells and a model become a bundle.
//!
//! | file | idea |
//! |---|---|
//! | `job` | [`Job`]: what is asked for |
//! | `inputs` | everything read and checked before any work |
//! | `work` | the work folder: finished stages survive a kill |
//! | `embedding` | counts brought where cells can be fetched, and embeddings |
//! | `dictionary` | the autoencoder trained on them |
//! | `codes` | which cells activate which concepts |
//! | `map` | where each cell lies on the map |
//! | `context` | what every concept is described from |
//! | `subject` | what is described: concepts, or neurons as their baseline |
//! | `compared` | the cells that each concept is read from |
//! | `differential` | those cells' genes tested, several concepts at once |
//! | `concept` | one concept as in the paper: cells, genes, pathways, files |
//! | `listed` | … where only the most active ones are described: its cells alone |
//! | `cost` | how long describing will take, said before |
//! | `reading` | … and beyond it: presence, absence, carried genes, labels |
//! | `samples` | counts with which the page reads a concept again |
//! | `settle` | labels that survive among all, titles, verdicts |
//! | `calibration` | labels that survive where there is nothing to find |
//! | `existing` | a bundle that is there already: up to date, damaged, or another |
//! | `index`, `shared`, `manifest` | what concepts have in common, and what it was made of |
//! | `first` | of a large bundle, what a page loads first |
//! | `expression` | counts of the model's genes, for maps of a gene |
//! | `stages` | one stage, or a share of one, where a run is cut into tasks |
//! | `opened` | the model for swaps, opened when it is needed |
//! | `finish` | … written, and the bundle published |

pub(super) mod calibration;
pub(super) mod codes;
pub(super) mod compared;
pub(super) mod concept;
pub(super) mod context;
mod cost;
pub(super) mod dictionary;
pub mod differential;
pub(super) mod embedding;
pub(super) mod existing;
mod expression;
mod finish;
mod first;
mod index;
pub(super) mod inputs;
mod job;
mod listed;
mod manifest;
pub(super) mod map;
mod notes;
pub(super) mod opened;
pub(super) mod reading;
mod samples;
mod settle;
mod shared;
pub(super) mod stages;
pub(super) mod subject;
pub(super) mod work;

use anyhow::Context as _;
use cellprism_core::{
    attribution::ScreenOutcome,
    bundle::{Calibration, ConceptRow},
    ids::ConceptId,
    parallel,
};

use crate::{
    jobs::inputs::in_words,
    work::{progress::Progress, share::Share, target},
};
use compared::{Compared, Scope};
use context::Context;
use inputs::Inputs;
pub use job::Job;
use settle::Settled;
use subject::Subject;
use work::Work;

/// What came out.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Report {
    /// Concepts with at least one active cell.
    pub active_concepts: usize,
    /// Concepts in the dictionary.
    pub concepts: usize,
    /// R² over all entries.
    pub r2: f64,
    /// Concepts with a pathway label.
    pub labelled: u32,
    /// Labels that random rankings would earn.
    pub labelled_by_chance: Option<f64>,
    /// What all readings together say.
    pub verdict: String,
    /// Labels of either side that survive.
    pub surviving: u32,
    /// What a random sample says of genes that were not swapped, over all concepts, where not all were.
    pub screened: Option<ScreenOutcome>,
    /// The bundle's tag.
    pub tag: String,
    /// Whether the same bundle was there already.
    pub unchanged: bool,
}

/// Runs the job. Inputs are checked first; then every finished stage and concept is kept in a work folder beside
/// the output, so that the same command goes on after a kill; the bundle appears whole at the end.
///
/// # Errors
/// Whatever was wrong with the inputs, or failed on the way.
pub fn run(job: &Job, progress: &dyn Progress) -> anyhow::Result<Report> {
    target::for_folder(&job.out)?;
    let inputs = Inputs::read(job)?;
    let work = Work::open(job, &inputs, progress)?;
    // Only now that nobody else writes there.
    if let Some(report) = existing::existing(job, &inputs)? {
        // A run that was killed right after it had published.
        work.discard()?;
        return Ok(report);
    }
    for line in notes::notes(job, &inputs)? {
        progress.say(&line);
    }
    every_stage(job, &inputs, work, progress)
}

/// All stages in order; those that are finished are read back.
fn every_stage(job: &Job, inputs: &Inputs, work: Work, progress: &dyn Progress) -> anyhow::Result<Report> {
    let counts = embedding::counts(job, inputs, &work, progress)?;
    let embedded = embedding::embed(job, inputs, &counts, &work, progress)?;
    progress.say(&in_words(&embedded.audit));
    let sae = dictionary::train(job, inputs, &work, embedded.values.view(), progress)?;
    let map = map::place(inputs.cells.umap.as_ref(), embedded.values.view(), &work, progress)?;
    let context = Context::new(job, inputs, &counts, embedded, sae, &work)?;
    let concepts = described(&context, &context.concepts, &work, progress)?;
    let neurons =
        context.neurons.as_ref().map(|neurons| described(&context, neurons, &work, progress)).transpose()?;
    let calibration = calibration::calibrate(&context, &work, progress)?;
    finish::write(job, inputs, &context, Described { map, concepts, neurons, calibration }, work)
}

/// What was read of concepts, neurons and those that mean nothing.
pub struct Described {
    /// Where the cells lie.
    pub map: map::Placed,
    /// Rows of the concepts, and what was settled among them.
    pub concepts: (Vec<ConceptRow>, Settled),
    /// The same of neurons.
    pub neurons: Option<(Vec<ConceptRow>, Settled)>,
    /// Labels that survive where there is nothing to find.
    pub calibration: Vec<Calibration>,
}

/// Describes all of a subject and settles what depends on all of them.
fn described(
    context: &Context,
    subject: &Subject,
    work: &Work,
    progress: &dyn Progress,
) -> anyhow::Result<(Vec<ConceptRow>, Settled)> {
    let mut rows = describe(context, subject, work, Share::WHOLE, progress)?;
    let settled = settle::settle(context, subject, &mut rows, work)?;
    Ok((rows, settled))
}

/// A share of the concepts, or of the neurons, in parallel; those already described are read back.
fn describe(
    context: &Context,
    subject: &Subject,
    work: &Work,
    share: Share,
    progress: &dyn Progress,
) -> anyhow::Result<Vec<ConceptRow>> {
    let wanted = listed::wanted(context, subject);
    let own = |id: &ConceptId| share.has(id.index());
    let ids: Vec<ConceptId> = subject.activations.iter().map(|(id, _)| id).filter(own).collect();
    let rows: Vec<_> = ids.iter().map(|&id| work.row(subject.folder, id)).collect();
    let open: Vec<ConceptId> =
        ids.iter().zip(&rows).filter(|(_, row)| row.is_none()).map(|(&id, _)| id).collect();
    let to_describe: Vec<ConceptId> =
        open.iter().copied().filter(|id| wanted.binary_search(id).is_ok()).collect();
    if !to_describe.is_empty() {
        context.swapper.get()?;
    }
    let compared = Compared::find(context, subject, &to_describe, Scope::Everything, progress);
    let alive = |id: ConceptId| !subject.activations.of(id).is_empty();
    let of_alive: Vec<&Compared> = compared.iter().filter(|one| alive(one.concept)).collect();
    if let Some(line) = cost::estimate(context, &of_alive, subject.folder)? {
        progress.say(&line);
    }
    let steps = progress.begin(subject.folder, of_alive.len() as u64, subject.folder);
    let mut described = Vec::with_capacity(open.len());
    for some in open.chunks(differential::TOGETHER) {
        let place = |id: &ConceptId| to_describe.binary_search(id).ok();
        let of_some: Vec<&Compared> = some.iter().filter_map(place).map(|at| &compared[at]).collect();
        let tests = differential::tests(context, &of_some)?;
        described.extend(parallel::map(some.len(), |i| {
            let id = some[i];
            let numbered = || format!("{}, number {}", subject.folder, id.index());
            let Ok(place) = of_some.binary_search_by_key(&id, |one| one.concept) else {
                return listed::list(context, subject, id, work).with_context(numbered);
            };
            let test = tests[place].as_ref();
            let row =
                concept::describe(context, subject, of_some[place], test, work).with_context(numbered)?;
            if alive(id) {
                steps.advance(1);
            }
            Ok(row)
        }));
    }
    steps.finish();
    let mut described = described.into_iter();
    rows.into_iter()
        .map(|row| match row {
            Some(row) => Ok(row),
            None => described.next().context("a concept was left out")?,
        })
        .collect()
}
