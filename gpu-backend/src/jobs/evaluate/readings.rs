//! Labels, genes and curves of every subject: those of concepts and neurons stand in the bundle, the strongest items of the
//! other subjects are read now, through the model, as the bundle's were.

use anyhow::Context as _;
use cellprism_core::{
    attribution::{ConceptReader, DeletionOptions, Perturb, attribute, deletion_curves},
    bundle::{
        ConceptArrays, ConceptClass, ConceptDetail, ConceptIndex, ConceptRow, DeletionCurves, Manifest,
        Parameters, path,
    },
    evaluation::{Subject, SubjectKind},
    gsea::Deck,
    ids::ConceptId,
    parallel,
    readings::{TypicalPool, settle, side_deck},
    stats::differential::Differential,
};
use ndarray::ArrayView2;

use super::{
    Evidence, Options,
    items::{ItemReading, PaperLabel, Readings, SubjectReadings},
    model::GivenModel,
};
use crate::{
    files::embeddings::Values,
    jobs::bundle::{
        compared::{Compared, Scope},
        concept,
        context::{Context, deletion, detection},
        differential,
        embedding::Embedding,
        opened::Opened,
        reading, subject,
    },
    work::{
        partial::Partial,
        progress::{Progress, Silent},
    },
};

/// Items of a subject that are read now, where nothing is said.
pub const ITEMS: u32 = 20;
/// The same through a model of which each swap is a whole pass.
pub const DEAR_ITEMS: u32 = 5;
/// Random orders of their deletion curves.
const RANDOM_ORDERS: u32 = 2;

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
    let limits = limits(evidence.manifest());
    let alive: Vec<&ConceptRow> = index.rows.iter().filter(|row| row.class != ConceptClass::Dead).collect();
    let items = parallel::map(alive.len(), |place| {
        let row = alive[place];
        let detail: ConceptDetail = evidence.detail(folder, row.id)?;
        let arrays: ConceptArrays = evidence.arrays(folder, row.id)?;
        Ok(ItemReading::of_bundle(&detail, &arrays, limits))
    });
    let items = items.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let least = evidence.manifest().parameters.specificity.min_cells;
    let able = items.iter().filter(|item| item.cells >= least).count();
    Ok(SubjectReadings { able, strongest_only: false, items })
}

/// Thresholds of a gene's score and a set's p.
fn limits(manifest: &Manifest) -> (f64, f64) {
    (manifest.parameters.attribution.important, manifest.parameters.enrichment.weak_p)
}

fn part(evidence: &Evidence, kind: SubjectKind) -> String {
    format!("readings/{}-{kind}.json", evidence.manifest().tag)
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
    let why = match read_rest(evidence, &rest, options, work, progress)? {
        Ok(read) => {
            found.extend(read);
            return Ok(found);
        }
        Err(reason) => reason,
    };
    found.extend(rest.into_iter().map(|(kind, _)| (kind, Err(why.clone()))));
    Ok(found)
}

/// Subjects of which nothing was kept; or why none can be read.
fn read_rest(
    evidence: &Evidence,
    rest: &[(SubjectKind, &Subject)],
    options: &Options,
    work: &Partial,
    progress: &dyn Progress,
) -> anyhow::Result<Result<Readings, String>> {
    if options.items == Some(0) {
        return Ok(Err("no item was asked for (--items 0)".into()));
    }
    let embeddings = match evidence.embeddings() {
        Ok(embeddings) => embeddings,
        Err(reason) => return Ok(Err(reason.to_owned())),
    };
    let given = match GivenModel::open(&evidence.given, &evidence.genes, options, work, progress)? {
        Ok(given) => given,
        Err(reason) => return Ok(Err(reason)),
    };
    let is_dear = given.prepared.is_dear();
    let most = options.items.unwrap_or(if is_dear { DEAR_ITEMS } else { ITEMS });
    if is_dear {
        progress.say(&format!(
            "the strongest {most} items of each of {} baselines are read through the whole model, each as long as a concept took; \
             --items says how many, 0 none",
            rest.len()
        ));
    }
    let mut found = Readings::new();
    let done = given.with_context(evidence, embeddings, options, |context| {
        for &(kind, subject) in rest {
            let read = strongest(context, subject, most as usize, progress)
                .with_context(|| format!("reading {kind}"))?;
            work.put(&part(evidence, kind), &serde_json::to_vec(&read)?)?;
            found.push((kind, Ok(read)));
        }
        Ok(())
    })?;
    Ok(done.map(|()| found))
}

impl GivenModel {
    /// Lets `read` describe items from the same cells, genes and sets that the bundle was described from; or says why the model
    /// cannot be opened for that.
    fn with_context(
        &self,
        evidence: &Evidence,
        embeddings: ArrayView2<'_, f32>,
        options: &Options,
        read: impl FnOnce(&Context<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<Result<(), String>> {
        let (counts, map) = (&self.counts, self.prepared.map());
        let manifest = evidence.manifest();
        let stage =
            |place: usize| manifest.stages.get(place).cloned().context("the manifest has too few stages");
        let tested = evidence.concepts.columns.len();
        let columns: Vec<_> = evidence.columns.iter().take(tested).cloned().collect();
        let parameters: Parameters = manifest.parameters.clone();
        let deck: Deck = side_deck(evidence.genes.symbols.len(), &parameters.enrichment);
        let deletion = deletion(&*self.prepared, &parameters);
        let deletion =
            DeletionOptions { random_orders: deletion.random_orders.min(RANDOM_ORDERS), ..deletion };
        let context = Context {
            names: &evidence.names,
            pool: TypicalPool::new(counts.totals(), columns.first()),
            columns,
            embedding: Embedding {
                values: Values::Held(embeddings.to_owned()),
                stage: stage(0)?,
                runtime: None,
                audit: manifest.gene_audit.clone(),
            },
            concepts: subject::Subject::concepts(evidence.sae.clone(), embeddings),
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
        if let Err(error) = context.swapper.get() {
            return Ok(Err(format!("no gene can be swapped through the model here: {error:#}")));
        }
        read(&context).map(Ok)
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
    let tests = differential::tests(context, &compared.iter().collect::<Vec<_>>())?;
    let steps = progress.begin("readings", ids.len() as u64, of.kind.name());
    let items = parallel::map(ids.len(), |place| {
        let item = one(context, &described, &compared[place], tests[place].as_ref());
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
    test: Option<&Differential>,
) -> anyhow::Result<ItemReading> {
    let (id, cells) = (compared.concept, &compared.cells);
    let fetched = context.fetch(compared.swapped())?;
    let every_gene = &*context.swapper.get()?.among(fetched.counted())?;
    let screened = concept::screened(context, described, compared, every_gene)?;
    let swaps: &dyn Perturb = screened.as_ref().map_or(every_gene, |screened| screened);
    let active = described.activations.of(id);
    let counterfactuals = context.parameters.attribution.counterfactuals as usize;
    let attribution = attribute(swaps, &described.reader, id, cells, counterfactuals)?;
    let enriched = concept::enrich(context, &attribution, active.len())?;
    let orders = concept::orders(&attribution, test);
    let options = DeletionOptions { counterfactuals, ..context.deletion };
    let curves: DeletionCurves = deletion_curves(swaps, &described.reader, id, cells, &orders, options)?;
    let found = reading::read(context, described, compared, swaps, &attribution, test)?;
    let mut arrays = ConceptArrays { scores: attribution.scores.clone(), ..ConceptArrays::default() };
    if let Some(test) = test {
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
