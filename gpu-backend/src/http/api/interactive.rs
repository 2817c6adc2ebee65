//! Small questions about a bundle that is shown here, answered at once.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State, http::StatusCode};
use cellprism_core::{
    bundle::{File as _, Manifest, path},
    gsea::Convention,
    steering::Target,
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    Api,
    failure::aside,
    sent::{Sent, SentCells},
};
use crate::{
    http::problem::Problem,
    jobs::{enrich, steer},
    models::Model,
    queue::{Backend, JobRequest, Unanswered},
    runtime::Place,
    work::regular,
    worker::{RankingAsked, SentCounts, Subject, Task},
};

/// Most cells of one request.
const MOST_CELLS: usize = 2048;
/// Most counterfactuals of a cell.
const MOST_COUNTERFACTUALS: u32 = 50;
/// Most permutations of one request.
const MOST_PERMUTATIONS: u32 = 100_000;

/// Cells to be encoded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EncodeRequest {
    /// Name of a bundle
    bundle: String,
    /// Cells
    cells: CellsBody,
}

/// Counts of cells.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CellsBody {
    /// Names of genes: symbols or Ensembl identifiers
    genes: Vec<String>,
    /// A row of counts for each cell, as long as `genes`
    counts: Vec<Vec<f32>>,
    /// Metadata by column, a label for each cell: covariates that the model reads
    #[serde(default)]
    columns: BTreeMap<String, Vec<String>>,
}

/// A cell to be explained.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainRequest {
    /// Name of a bundle that a job here has made
    bundle: String,
    /// The concept
    concept: u32,
    /// Number of a cell of the bundle, from 0
    cell: u32,
    /// So many nearest cells that do not activate the concept lend their genes (3)
    #[serde(default = "three")]
    #[schema(minimum = 1, maximum = 50)]
    counterfactuals: u32,
}

fn three() -> u32 {
    3
}

/// A ranking to be tested.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrichRequest {
    /// Genes, each with its score, in any order
    #[schema(value_type = Vec<Vec<Value>>)]
    ranking: Vec<(String, f64)>,
    /// Ids of libraries
    gene_sets: Vec<String>,
    /// `gseapy` or `canonical`
    #[serde(default)]
    #[schema(value_type = String)]
    convention: Convention,
    /// Permutations (1000)
    #[serde(default = "thousand")]
    #[schema(minimum = 1, maximum = 100000)]
    permutations: u32,
    /// Seed (123)
    #[serde(default = "seed")]
    seed: u64,
    /// Fewest genes of a set found in the ranking (15)
    #[serde(default = "fifteen")]
    min_size: u32,
    /// Most genes of a set found in the ranking (500)
    #[serde(default = "five_hundred")]
    max_size: u32,
    /// Exponent of the scores (1)
    #[serde(default = "one")]
    weight: f64,
}

fn thousand() -> u32 {
    1000
}

fn seed() -> u64 {
    123
}

fn fifteen() -> u32 {
    15
}

fn five_hundred() -> u32 {
    500
}

fn one() -> f64 {
    1.0
}

/// A concept to be set to another value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SteerRequest {
    /// Name of a bundle that a job here has made with a model that decodes (scVI)
    bundle: String,
    /// The concept
    concept: u32,
    /// Its activation in every cell
    #[serde(default)]
    to: Option<f32>,
    /// Or a multiple of each cell's own activation
    #[serde(default)]
    scale: Option<f32>,
    /// Whether all cells are steered, not its prototypes
    #[serde(default)]
    all_cells: bool,
    /// Its most active cells (10)
    #[serde(default = "ten")]
    #[schema(minimum = 1, maximum = 100000)]
    prototypes: u32,
}

fn ten() -> u32 {
    10
}

/// The concepts that cells activate
///
/// Requests that come together about one bundle go to the device together.
#[utoipa::path(post, path = "/encode", tag = "interactive", request_body = EncodeRequest,
    responses((status = 200, description = "`indices` and `values` of the active concepts of each cell, `embeddings`", body = Object)))]
pub async fn encode(
    State(api): State<Arc<Api>>,
    SentCells(asked): SentCells<EncodeRequest>,
) -> Result<Json<Value>, Problem> {
    let CellsBody { genes, counts, columns } = asked.cells;
    if counts.len() > MOST_CELLS {
        return Err(Problem::unprocessable(format!(
            "cells.counts: at most {MOST_CELLS} cells at a time; more make a job"
        )));
    }
    let subject = subject(&api, asked.bundle).await?;
    let cells = SentCounts { genes, counts, columns: columns.into_iter().collect() };
    answered(&api, Task::Encode { subject, cells }).await
}

/// The genes by which one cell activates a concept
#[utoipa::path(post, path = "/explain", tag = "interactive", request_body = ExplainRequest,
    responses((status = 200, description = "`genes` with scores, and the `counterfactuals`", body = Object)))]
pub async fn explain(
    State(api): State<Arc<Api>>,
    Sent(asked): Sent<ExplainRequest>,
) -> Result<Json<Value>, Problem> {
    let ExplainRequest { bundle, concept, cell, counterfactuals } = asked;
    if !(1..=MOST_COUNTERFACTUALS).contains(&counterfactuals) {
        return Err(Problem::unprocessable(format!("counterfactuals: 1 to {MOST_COUNTERFACTUALS}")));
    }
    let subject = subject(&api, bundle).await?;
    answered(&api, Task::Explain { subject, concept, cell, counterfactuals }).await
}

/// Gene set enrichment analysis of a ranking
#[utoipa::path(post, path = "/enrich", tag = "interactive", request_body = EnrichRequest,
    responses((status = 200, description = "As `cellprism enrich --out NAME.json` writes it", body = Object)))]
pub async fn enrich(
    State(api): State<Arc<Api>>,
    SentCells(asked): SentCells<EnrichRequest>,
) -> Result<Json<Value>, Problem> {
    let EnrichRequest { ranking, gene_sets, convention, permutations, seed, min_size, max_size, weight } =
        asked;
    if gene_sets.is_empty() || gene_sets.len() > 50 || ranking.is_empty() {
        return Err(Problem::unprocessable("a ranking and 1 to 50 gene_sets are needed"));
    }
    if permutations > MOST_PERMUTATIONS {
        return Err(Problem::unprocessable(format!("permutations: at most {MOST_PERMUTATIONS} at once")));
    }
    let options = enrich::Options {
        convention,
        permutations,
        seed,
        min_size: min_size as usize,
        max_size: max_size as usize,
        weight,
        ..enrich::Options::default()
    };
    let backend = Arc::clone(&api.backend);
    let libraries = aside(move || {
        let found = |id: &String| {
            let library = backend.store.gene_set_library(id)?;
            let library = library.ok_or_else(|| {
                Problem::unprocessable(format!("gene_sets: there is none with the id {id:?}"))
            })?;
            Ok((library.filename, backend.folder.file(&library.sha256)))
        };
        gene_sets.iter().map(found).collect::<Result<Vec<_>, Problem>>()
    })
    .await?;
    answered(&api, Task::Enrich { asked: Box::new(RankingAsked { ranking, options, libraries }) }).await
}

/// What scVI expects of every gene where a concept is set to another value
#[utoipa::path(post, path = "/steer", tag = "interactive", request_body = SteerRequest,
    responses((status = 200, description = "As `cellprism steer --json` prints it", body = Object)))]
pub async fn steer(
    State(api): State<Arc<Api>>,
    Sent(asked): Sent<SteerRequest>,
) -> Result<Json<Value>, Problem> {
    let target = match (asked.to, asked.scale) {
        (Some(value), None) => Target::To(value),
        (None, Some(factor)) => Target::Scale(factor),
        _ => return Err(Problem::unprocessable("give either to or scale")),
    };
    let cells_like = if asked.all_cells { steer::CellsLike::All } else { steer::CellsLike::Prototypes };
    let options = steer::Options {
        concept: asked.concept,
        target,
        cells_like,
        prototypes: asked.prototypes as usize,
        ..steer::Options::default()
    };
    let subject = subject(&api, asked.bundle).await?;
    answered(&api, Task::Steer { subject, options: Box::new(options) }).await
}

async fn answered(api: &Api, task: Task) -> Result<Json<Value>, Problem> {
    match api.backend.question(task).await {
        Ok(answer) => Ok(Json(answer)),
        Err(Unanswered::Full) => {
            Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many questions wait").retry_after(1))
        }
        Err(Unanswered::Worker(error)) => Err(error.into()),
    }
}

/// A bundle with what computed it: for that of a job its own model and cells, for another one a model of this server with the
/// same checkpoint, or what the bundle holds.
async fn subject(api: &Api, name: String) -> Result<Subject, Problem> {
    let missing = format!("bundle: there is none of the name {name:?} here");
    let bundle = api.shelf.root(&name).ok_or_else(|| Problem::unprocessable(missing))?;
    let backend = Arc::clone(&api.backend);
    aside(move || {
        let library = backend.settings.library.clone();
        let mut subject = Subject {
            bundle,
            model: None,
            sequence: Default::default(),
            cells: None,
            allow_non_integer: false,
            place: Place { library, ..Place::default() },
        };
        let made = backend.store.job(&name)?;
        let asked = made.and_then(|job| serde_json::from_value::<JobRequest>(job.asked).ok());
        match asked {
            Some(asked) => of_job(&backend, &asked, &mut subject)?,
            None => subject.model = same_checkpoint(&backend, &subject)?,
        }
        Ok(subject)
    })
    .await
}

fn of_job(backend: &Backend, asked: &JobRequest, subject: &mut Subject) -> Result<(), Problem> {
    let model = backend.offered()?.into_iter().find(|model| model.id == asked.model);
    subject.model = model.map(|model| model.folder);
    if let Some(dataset) = backend.store.dataset(&asked.dataset)? {
        subject.cells = backend.dataset_file(&dataset).ok();
    }
    subject.sequence.sequence = asked.sequence;
    subject.sequence.variable_genes = asked.variable_genes;
    subject.allow_non_integer = asked.allow_non_integer;
    subject.place.device = asked.device;
    Ok(())
}

fn same_checkpoint(backend: &Backend, subject: &Subject) -> Result<Option<std::path::PathBuf>, Problem> {
    let read = regular::read(&subject.bundle.join(path::MANIFEST), regular::LIST)?;
    let Ok(manifest) = Manifest::from_bytes(path::MANIFEST, &read) else { return Ok(None) };
    let digests: Vec<&str> = manifest.inputs.iter().map(|input| input.sha256.as_str()).collect();
    let is_it = |folder: &std::path::Path| {
        Model::open(folder).is_ok_and(|model| digests.contains(&model.card.source_sha256.as_str()))
    };
    Ok(backend.offered()?.into_iter().map(|model| model.folder).find(|folder| is_it(folder)))
}
