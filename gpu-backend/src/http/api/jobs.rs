//! Jobs.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{
    Api,
    failure::aside,
    own::is_own,
    sent::{Asked, Named, Sent},
};
use crate::{
    http::{problem::Problem, tokens::Who},
    queue::{JobRequest, Refused, check},
    state::{self, Job, JobState, NewJob, Submitted},
};

/// Seconds after which a full queue may have room.
const AGAIN: u32 = 30;
/// Longest name of a request.
const LONGEST_KEY: usize = 200;

/// A job as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobRow {
    /// Id
    id: String,
    /// `queued`, `running`, `succeeded`, `failed` or `cancelled`
    state: &'static str,
    /// The stage that goes on
    stage: String,
    /// Steps of that stage that are done
    done: u64,
    /// Steps of that stage
    total: u64,
    /// When it was submitted
    created: String,
    /// When a worker first took it
    started: Option<String>,
    /// When it ended
    finished: Option<String>,
    /// Why it failed
    error: Option<String>,
    /// Name of its bundle, once that is there: `/bundles/{name}/`
    bundle: Option<String>,
    /// What was asked for, with defaults
    #[schema(value_type = Object)]
    parameters: Value,
    /// Whether it is to stop
    cancelling: bool,
    /// Whether its result stays when room is made
    pinned: bool,
    /// The token that submitted it
    owner: String,
    /// Addresses of what belongs to it
    links: BTreeMap<&'static str, String>,
}

impl From<Job> for JobRow {
    fn from(of: Job) -> Self {
        let own = format!("/api/v1/jobs/{}", of.id);
        let bundle = (of.state == JobState::Succeeded).then(|| of.id.clone());
        let mut links = BTreeMap::from([("events", format!("{own}/events"))]);
        if of.state.is_final() {
            links.insert("retry", format!("{own}/retry"));
        } else {
            links.insert("cancel", format!("{own}/cancel"));
        }
        if let Some(name) = &bundle {
            links.insert("bundle", format!("/bundles/{name}/manifest.json"));
        }
        links.insert("self", own);
        Self {
            id: of.id,
            state: of.state.name(),
            stage: of.stage,
            done: of.done,
            total: of.total,
            created: state::in_words(of.created),
            started: of.started.map(state::in_words),
            finished: of.finished.map(state::in_words),
            error: of.error,
            bundle,
            parameters: of.asked,
            cancelling: of.cancelling,
            pinned: of.pinned,
            owner: of.owner,
            links,
        }
    }
}

/// Submit a job
///
/// With `Idempotency-Key` the same request makes one job, however often it is sent.
#[utoipa::path(post, path = "/jobs", tag = "jobs", request_body = JobRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "A name of this request, at most 200 characters")),
    responses((status = 202, description = "It waits", body = JobRow)))]
pub async fn submit(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    Sent(asked): Sent<JobRequest>,
) -> Result<Response, Problem> {
    let key = match headers.get("idempotency-key").map(|value| value.to_str()) {
        None => None,
        Some(Ok(key)) if (1..=LONGEST_KEY).contains(&key.len()) => Some(key.to_owned()),
        Some(_) => {
            let what = format!("Idempotency-Key: 1 to {LONGEST_KEY} visible ASCII characters");
            return Err(Problem::new(StatusCode::BAD_REQUEST, what));
        }
    };
    let backend = Arc::clone(&api.backend);
    let submitted = aside(move || {
        let (value, device) =
            (serde_json::to_value(&asked).map_err(state::StateError::from)?, asked.device.to_string());
        check(&backend, asked).map_err(|error| match error.downcast::<Refused>() {
            Ok(refused) => Problem::unprocessable(refused.to_string()),
            Err(error) => match error.downcast::<state::StateError>() {
                Ok(error) => error.into(),
                Err(error) => Problem::unprocessable(format!("{error:#}")),
            },
        })?;
        backend.has_room(0)?;
        let most_own = who.quotas.jobs.unwrap_or(u64::MAX);
        let new = NewJob {
            asked: &value,
            device: &device,
            owner: &who.name,
            idempotency: key.as_deref(),
            most_waiting: backend.settings.queue,
            most_own,
        };
        Ok(backend.store.submit(&new)?)
    })
    .await?;
    match submitted {
        Submitted::New(job) => {
            api.backend.waiting();
            tracing::info!(job = job.id, "a job was submitted");
            Ok(accepted(job))
        }
        Submitted::Again(job) => Ok(accepted(job)),
        other => Err(full(&other)),
    }
}

fn full(why: &Submitted) -> Problem {
    let many = |what: &str| Problem::new(StatusCode::TOO_MANY_REQUESTS, what).retry_after(AGAIN);
    match why {
        Submitted::TooManyOwn => many("all jobs that this token may have wait or run"),
        Submitted::Other => Problem::unprocessable("Idempotency-Key: another request has had this name"),
        _ => many("the queue is full"),
    }
}

fn accepted(job: Job) -> Response {
    let address = format!("/api/v1/jobs/{}", job.id);
    let mut response = (StatusCode::ACCEPTED, Json(JobRow::from(job))).into_response();
    if let Ok(address) = HeaderValue::from_str(&address) {
        response.headers_mut().insert(header::LOCATION, address);
    }
    response
}

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Only those in this state
    state: Option<String>,
    /// At most so many (100)
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// Jobs, the newest first
#[allow(unused_qualifications, reason = "of the macro")]
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(Which), responses((status = 200, body = Vec<JobRow>)))]
pub async fn list(
    State(api): State<Arc<Api>>,
    Asked(which): Asked<Which>,
) -> Result<Json<Vec<JobRow>>, Problem> {
    let most = which.limit.unwrap_or(100);
    if !(1..=1000).contains(&most) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "limit: 1 to 1000"));
    }
    if let Some(state) = &which.state
        && !JobState::ALL.iter().any(|known| known.name() == state)
    {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "state: queued, running, succeeded, failed or cancelled",
        ));
    }
    let found = api.backend.ask(move |all| all.store.jobs(which.state.as_deref(), most)).await?;
    Ok(Json(found.into_iter().map(JobRow::from).collect()))
}

/// A job
#[utoipa::path(get, path = "/jobs/{id}", tag = "jobs", params(("id" = String, Path)),
    responses((status = 200, body = JobRow)))]
pub async fn get(State(api): State<Arc<Api>>, Named(id): Named) -> Result<Json<JobRow>, Problem> {
    Ok(Json(found(&api, &id).await?.into()))
}

/// A job by its name.
pub(super) async fn found(api: &Api, id: &str) -> Result<Job, Problem> {
    let name = id.to_owned();
    let job = api.backend.ask(move |all| all.store.job(&name)).await?;
    job.ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> Problem {
    Problem::not_found(format!("there is no job {id:?}"))
}

/// Stop a job that waits or runs; nothing of it is left
#[utoipa::path(post, path = "/jobs/{id}/cancel", tag = "jobs", params(("id" = String, Path)),
    responses((status = 202, description = "It stops within seconds, or has ended already", body = JobRow)))]
pub async fn cancel(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Named(id): Named,
) -> Result<Response, Problem> {
    is_own(&who, &found(&api, &id).await?.owner)?;
    let name = id.clone();
    let job = api.backend.ask(move |all| all.store.cancel(&name)).await?.ok_or_else(|| unknown(&id))?;
    api.backend.stop(&id);
    if job.state == JobState::Cancelled {
        // One that waited may have left parts of an attempt before.
        let backend = Arc::clone(&api.backend);
        aside(move || Ok(backend.remove_results(&id)?)).await?;
    }
    Ok((StatusCode::ACCEPTED, Json(JobRow::from(job))).into_response())
}

/// Do a job again that failed or was stopped; finished parts of one that failed are kept
#[utoipa::path(post, path = "/jobs/{id}/retry", tag = "jobs", params(("id" = String, Path)),
    responses((status = 202, description = "It waits", body = JobRow)))]
pub async fn retry(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Named(id): Named,
) -> Result<Response, Problem> {
    is_own(&who, &found(&api, &id).await?.owner)?;
    let (name, most) = (id.clone(), api.backend.settings.queue);
    match api.backend.ask(move |all| all.store.retry(&name, most)).await?.ok_or_else(|| unknown(&id))? {
        Ok(job) if job.state == JobState::Queued => {
            api.backend.waiting();
            Ok((StatusCode::ACCEPTED, Json(JobRow::from(job))).into_response())
        }
        Ok(job) => {
            let what =
                format!("the job is {}: only one that failed or was cancelled can be done again", job.state);
            Err(Problem::new(StatusCode::CONFLICT, what))
        }
        Err(why) => Err(full(&why)),
    }
}

/// Keep a job's result when room is made
#[utoipa::path(put, path = "/jobs/{id}/pin", tag = "jobs", params(("id" = String, Path)),
    responses((status = 200, body = JobRow)))]
pub async fn pin(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Named(id): Named,
) -> Result<Json<JobRow>, Problem> {
    pinned(&api, &who, id, true).await
}

/// Let a job's result go when room is made
#[utoipa::path(delete, path = "/jobs/{id}/pin", tag = "jobs", params(("id" = String, Path)),
    responses((status = 200, body = JobRow)))]
pub async fn unpin(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Named(id): Named,
) -> Result<Json<JobRow>, Problem> {
    pinned(&api, &who, id, false).await
}

async fn pinned(api: &Api, who: &Who, id: String, pinned: bool) -> Result<Json<JobRow>, Problem> {
    is_own(who, &found(api, &id).await?.owner)?;
    let name = id.clone();
    api.backend.ask(move |all| all.store.pin(&name, pinned)).await?;
    Ok(Json(found(api, &id).await?.into()))
}

/// Forget a job that has ended, and remove its bundle
#[utoipa::path(delete, path = "/jobs/{id}", tag = "jobs", params(("id" = String, Path)),
    responses((status = 204, description = "Forgotten")))]
pub async fn forget(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Named(id): Named,
) -> Result<StatusCode, Problem> {
    let job = found(&api, &id).await?;
    is_own(&who, &job.owner)?;
    if !job.state.is_final() {
        return Err(Problem::new(StatusCode::CONFLICT, format!("the job is {}: cancel it first", job.state)));
    }
    let name = id.clone();
    api.backend.ask(move |all| all.store.forget_job(&name)).await?;
    api.shelf.remove(&id);
    let backend = Arc::clone(&api.backend);
    aside(move || Ok(backend.remove_results(&id)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}
