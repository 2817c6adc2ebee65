//! Labels, genes and curves of every subject: those of concepts and neurons stand in the bundle, the strongest items of the
//! other subjects are read now, through the model, as the bundle's were.

use anyhow::Context as _;
use cellprism_core::{
    attribution::{ConceptReader, DeletionOptions, attribute, deletion_curves},
    bundle::{
        ConceptArrays, ConceptClass, ConceptDetail, ConceptIndex, ConceptRow, DeletionCurves, Manifest,
        Parameters, path,
    },
    cells::Aliases,
    evaluation::{Subject, SubjectKind},
    gsea::Deck,
    ids::ConceptId,
    parallel,
    readings::{TypicalPool, settle, side_deck},
};
use serde::{Deserialize, Serialize};

use super::{
    Evidence, Options,
    items::{ItemReading, PaperLabel},
};
use crate::{
    files::{
        embeddings::Values,
        genes::{GeneTable, read_gene_table},
    },
    jobs::{
        bundle::{
            compared::{Compared, Scope},
            concept,
            context::{Context, detection},
            embedding::Embedding,
            opened::Opened,
            reading, subject,
        },
        inputs::open_cells,
    },
    models::{Prepared, Request},
    work::{
        counts::CountStore,
        partial::Partial,
        progress::{Progress, Silent},
    },
};

/// Items of a subject that are read now, where nothing is said.
pub const ITEMS: u32 = 20;
/// Random orders of their deletion curves.
const RANDOM_ORDERS: u32 = 2;

/// What was read of a subject.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SubjectReadings {
    /// Items with enough cells to be tested.
    pub able: usize,
    /// Whether these are the strongest only.
    pub strongest_only: bool,
    /// The items that were read.
    pub items: Vec<ItemReading>,
}

/// Readings in the order of the tables, or why there are none.
pub type Readings = Vec<(SubjectKind, Result<SubjectReadings, String>)>;

/// Those of all subjects of a bundle.
///
/// # Errors
/// If a file of the bundle is damaged, or the model cannot be run.
pub fn all(
    evidence: &Evidence,
    options: &Options,
    work: &Partial,
    progress: &dyn Progress,
) -> anyhow::Result<Readings> {
    let mut found = Readings::new();
    let concepts = of_bundle(evidence, path::CONCEPTS, &evidence.concepts)?;
    found.push((SubjectKind::Sae, Ok(concepts)));
    if let Some(index) = &evidence.neurons {
        found.push((SubjectKind::Neurons, Ok(of_bundle(evidence, path::NEURONS, index)?)));
    }
    let open: Vec<(SubjectKind, &Subject)> = evidence
        .subjects
        .iter()
        .filter(|(kind, _)| found.iter().all(|(done, _)| done != kind))
        .filter_map(|(kind, subject)| Some((*kind, subject.as_ref().ok()?)))
        .collect();
    found.extend(read_now(evidence, &open, options, work, progress)?);
    for (kind, subject) in &evidence.subjects {
        if let Err(reason) = subject {
            found.push((*kind, Err(reason.clone())));
        }
    }
    found.sort_by_key(|(kind, _)| *kind);
    Ok(found)
}

fn of_bundle(evidence: &Evidence, folder: &str, index: &ConceptIndex) -> anyhow::Result<SubjectReadings> {
    let limits = limits(&evidence.manifest);
    let alive: Vec<&ConceptRow> = index.rows.iter().filter(|row| row.class != ConceptClass::Dead).collect();
    let items = parallel::map(alive.len(), |place| {
        let row = alive[place];
        let detail: ConceptDetail = evidence.detail(folder, row.id)?;
        let arrays: ConceptArrays = evidence.arrays(folder, row.id)?;
        Ok(ItemReading::of_bundle(&detail, &arrays, limits))
    });
    let items = items.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let least = evidence.manifest.parameters.specificity.min_cells;
    let able = items.iter().filter(|item| item.cells >= least).count();
    Ok(SubjectReadings { able, strongest_only: false, items })
}

/// Thresholds of a gene's score and a set's p.
fn limits(manifest: &Manifest) -> (f64, f64) {
    (manifest.parameters.attribution.important, manifest.parameters.enrichment.weak_p)
}

fn part(evidence: &Evidence, kind: SubjectKind) -> String {
    format!("readings/{}-{kind}.json", evidence.manifest.tag)
}

fn read_now(
    evidence: &Evidence,
    open: &[(SubjectKind, &Subject)],
    options: &Options,
    work: &Partial,
    progress: &dyn Progress,
) -> anyhow::Result<Readings> {
    let mut found = Readings::new();
    let mut rest = Vec::new();
    for &(kind, subject) in open {
        let kept = work.get(&part(evidence, kind)).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        match (kept, subject.reader()) {
            (Some(kept), _) => found.push((kind, Ok(kept))),
            (None, None) => found.push((
                kind,
                Err("its activations are fitted: genes cannot be attributed through them".into()),
            )),
            (None, Some(_)) => rest.push((kind, subject)),
        }
    }
    if rest.is_empty() {
        return Ok(found);
    }
    let why = match open_model(evidence, options, work, progress)? {
        Err(reason) => reason,
        Ok((_, 0)) => "no item was asked for: each swap is a pass of the whole model".into(),
        Ok((given, most)) => {
            given.with_context(evidence, options, |context| {
                for &(kind, subject) in &rest {
                    let read = strongest(context, subject, most as usize, progress)
                        .with_context(|| format!("reading {kind}"))?;
                    work.put(&part(evidence, kind), &serde_json::to_vec(&read)?)?;
                    found.push((kind, Ok(read)));
                }
                Ok(())
            })?;
            return Ok(found);
        }
    };
    found.extend(rest.into_iter().map(|(kind, _)| (kind, Err(why.clone()))));
    Ok(found)
}

/// The model with the cells' counts, as the bundle was described with.
struct GivenModel {
    prepared: Box<dyn Prepared>,
    counts: CountStore,
}

/// Opens cells and model, and says how many items of a subject are read; or why none can be.
fn open_model(
    evidence: &Evidence,
    options: &Options,
    work: &Partial,
    progress: &dyn Progress,
) -> anyhow::Result<Result<(GivenModel, u32), String>> {
    let (cells, model) = match (&evidence.cells, &evidence.model) {
        (Err(reason), _) | (_, Err(reason)) => return Ok(Err(reason.clone())),
        (Ok(cells), Ok(model)) => (cells, model.clone()),
    };
    let mut table: Option<GeneTable> = None;
    for path in &options.gene_info {
        let next = read_gene_table(path)?;
        table = Some(match table {
            Some(known) => known.merge(next),
            None => next,
        });
    }
    let aliases = table.as_ref().map_or_else(Aliases::none, |table| table.aliases().clone());
    let mut file = open_cells(cells, true)?;
    let request = Request { path: cells, aliases: &aliases, sequence: &Default::default() };
    let prepared = match model.prepare(&mut file, &request) {
        Ok(prepared) => prepared,
        Err(error) => return Ok(Err(format!("the model does not read these cells here: {error:#}"))),
    };
    let (here, then) = (prepared.audit(), &evidence.manifest.gene_audit);
    if (here.matched, here.by_alias, here.lost) != (then.matched, then.by_alias, then.lost) {
        return Ok(Err(format!(
            "{} of the model's genes are matched, but {} were when the bundle was made: give its gene tables with --gene-info",
            here.matched, then.matched
        )));
    }
    if prepared.genes().len() != evidence.genes.symbols.len() {
        return Ok(Err("the model reads other genes than the bundle's".into()));
    }
    let most = options.items.unwrap_or(if prepared.is_dear() { 0 } else { ITEMS });
    let steps = progress.begin("read", file.len() as u64, "cells");
    let (genes, folder) = (file.genes().len(), work.path(&format!("counts/{}", evidence.manifest.tag)));
    let counts = CountStore::fill(&folder, &mut file, genes, &*steps)?;
    steps.finish();
    Ok(Ok((GivenModel { prepared, counts }, most)))
}

impl GivenModel {
    /// Lets `read` describe items from the same cells, genes and sets that the bundle was described from.
    fn with_context(
        &self,
        evidence: &Evidence,
        options: &Options,
        read: impl FnOnce(&Context<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let (counts, map) = (&self.counts, self.prepared.map());
        let manifest = &evidence.manifest;
        let stage =
            |place: usize| manifest.stages.get(place).cloned().context("the manifest has too few stages");
        let tested = evidence.concepts.columns.len();
        let columns: Vec<_> = evidence.columns.iter().take(tested).cloned().collect();
        let parameters: Parameters = manifest.parameters.clone();
        let deck: Deck = side_deck(evidence.genes.symbols.len(), &parameters.enrichment);
        let deletion = DeletionOptions { random_orders: RANDOM_ORDERS, ..self.prepared.deletion() };
        let context = Context {
            names: &evidence.names,
            pool: TypicalPool::new(counts.totals(), columns.first()),
            columns,
            embedding: Embedding {
                values: Values::Held(evidence.embeddings.clone()),
                stage: stage(0)?,
                runtime: None,
                audit: manifest.gene_audit.clone(),
            },
            concepts: subject::Subject::concepts(evidence.sae.clone(), evidence.embeddings.view()),
            neurons: None,
            training: stage(1)?,
            ladder: None,
            swapper: Opened::later(&*self.prepared, &options.place),
            deletion,
            is_dear: self.prepared.is_dear(),
            detection: detection(counts, map),
            counts,
            map,
            symbols: evidence.genes.symbols.clone(),
            deck,
            sets: evidence.sets.clone(),
            parameters,
            started: std::time::Instant::now(),
            spent: 0.0,
        };
        context.swapper.get()?;
        read(&context)
    }
}

/// The items of largest energy (sum of squared activations times that of the direction) that have enough cells.
fn strongest(
    context: &Context<'_>,
    of: &Subject,
    most: usize,
    progress: &dyn Progress,
) -> anyhow::Result<SubjectReadings> {
    let weights = of.reader().context("nothing to attribute through")?.clone();
    let described = subject::Subject {
        folder: path::CONCEPTS,
        reader: ConceptReader::of(&weights),
        weights,
        activations: of.activations.clone(),
    };
    let least = context.parameters.specificity.min_cells as usize;
    let mut able: Vec<(f64, ConceptId)> = of
        .activations
        .iter()
        .filter(|(_, active)| active.len() >= least.max(1))
        .map(|(id, active)| {
            let squares =
                |values: &mut dyn Iterator<Item = f32>| values.map(|v| f64::from(v).powi(2)).sum::<f64>();
            let direction = of.directions().row(id.index()).to_owned();
            (squares(&mut active.values.iter().copied()) * squares(&mut direction.into_iter()), id)
        })
        .collect();
    able.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut ids: Vec<ConceptId> = able.iter().take(most).map(|&(_, id)| id).collect();
    ids.sort_unstable();
    let compared = Compared::find(context, &described, &ids, Scope::Everything, &Silent);
    let steps = progress.begin("readings", ids.len() as u64, of.kind.name());
    let items = parallel::map(ids.len(), |place| {
        let item = one(context, &described, &compared[place]);
        steps.advance(1);
        item
    });
    steps.finish();
    let mut items = items.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    if let Some(parameters) = &context.parameters.reading {
        settle(items.iter_mut().map(|item| &mut item.sides), parameters.survives);
    }
    Ok(SubjectReadings { able: able.len(), strongest_only: ids.len() < able.len(), items })
}

/// One item as the bundle describes its concepts, without files.
fn one(
    context: &Context<'_>,
    described: &subject::Subject,
    compared: &Compared,
) -> anyhow::Result<ItemReading> {
    let (id, cells) = (compared.concept, &compared.cells);
    let fetched = context.fetch(compared.swapped())?;
    let swaps = &*context.swapper.get()?.among(fetched.counted())?;
    let active = described.activations.of(id);
    let counterfactuals = context.parameters.attribution.counterfactuals as usize;
    let attribution = attribute(swaps, &described.reader, id, cells, counterfactuals)?;
    let test = concept::differential(context, compared)?;
    let enriched = concept::enrich(context, &attribution, active.len())?;
    let orders = concept::orders(&attribution, test.as_ref());
    let options = DeletionOptions { counterfactuals, ..context.deletion };
    let curves: DeletionCurves = deletion_curves(swaps, &described.reader, id, cells, &orders, options)?;
    let found = reading::read(context, described, compared, swaps, &attribution, test.as_ref())?;
    let mut arrays = ConceptArrays { scores: attribution.scores.clone(), ..ConceptArrays::default() };
    if let Some(test) = &test {
        arrays.log2_fold_change = test.log2_fold_change.iter().map(|&v| v as f32).collect();
    }
    let weak = context.parameters.enrichment.weak_p;
    let paper = enriched.libraries.iter().map(|of| PaperLabel::new(of, weak)).collect();
    let (mut sides, mut held_out) = Default::default();
    if let Some(found) = found {
        arrays.scores_presence = found.nearest.presence;
        arrays.scores_absence = found.nearest.absence;
        sides = found.labels;
        held_out = found.reading.faithful.value().cloned();
    }
    let important = context.parameters.attribution.important;
    let facts = (id, active.len() as u32, important);
    Ok(ItemReading::new(facts, &arrays, paper, sides, (Some(curves), held_out)))
}
