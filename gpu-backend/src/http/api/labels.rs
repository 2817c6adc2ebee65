//! Shared labels of a bundle: who writes them must have seen what is there.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Api,
    sent::{Named, Sent},
};
use crate::{
    http::{problem::Problem, tokens::Who},
    state::{self, Labels},
};

/// Most labels of a bundle.
const MOST: usize = 100_000;
/// Longest label.
const LONGEST: usize = 500;

/// Labels of a bundle.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelsBody {
    /// Text by number of the concept
    labels: BTreeMap<String, String>,
}

/// A version of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct LabelVersion {
    /// Counted from 1; 0 where nobody has written any
    version: u64,
    /// The token that wrote them
    author: String,
    /// When
    at: Option<String>,
    /// Text by number of the concept
    #[schema(value_type = Object)]
    labels: serde_json::Value,
}

impl From<Labels> for LabelVersion {
    fn from(of: Labels) -> Self {
        Self { version: of.version, author: of.author, at: Some(state::in_words(of.at)), labels: of.labels }
    }
}

fn none() -> LabelVersion {
    LabelVersion { version: 0, author: String::new(), at: None, labels: serde_json::json!({}) }
}

/// The labels of a bundle as they are now; their version is the ETag
#[utoipa::path(get, path = "/bundles/{name}/labels", tag = "labels", params(("name" = String, Path)),
    responses((status = 200, body = LabelVersion)))]
pub async fn get(State(api): State<Arc<Api>>, Named(name): Named) -> Result<Response, Problem> {
    known(&api, &name)?;
    let found = api.backend.ask(move |all| all.store.labels(&name)).await?;
    Ok(told(found.map_or_else(none, LabelVersion::from)))
}

/// Every version of the labels of a bundle, the newest first
#[utoipa::path(get, path = "/bundles/{name}/labels/history", tag = "labels", params(("name" = String, Path)),
    responses((status = 200, body = Vec<LabelVersion>)))]
pub async fn history(
    State(api): State<Arc<Api>>,
    Named(name): Named,
) -> Result<Json<Vec<LabelVersion>>, Problem> {
    known(&api, &name)?;
    let found = api.backend.ask(move |all| all.store.label_history(&name)).await?;
    Ok(Json(found.into_iter().map(LabelVersion::from).collect()))
}

/// Write the labels of a bundle, over the version that was seen
#[utoipa::path(put, path = "/bundles/{name}/labels", tag = "labels", request_body = LabelsBody,
    params(
        ("name" = String, Path),
        ("If-Match" = Option<String>, Header, description = "The ETag of the labels that were seen; needed"),
    ),
    responses((status = 200, description = "Written", body = LabelVersion)))]
pub async fn put(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Named(name): Named,
    headers: HeaderMap,
    Sent(new): Sent<LabelsBody>,
) -> Result<Response, Problem> {
    known(&api, &name)?;
    let needed = "send If-Match with the ETag of the labels that you have seen";
    let seen = headers
        .get(header::IF_MATCH)
        .ok_or_else(|| Problem::new(StatusCode::PRECONDITION_REQUIRED, needed))?;
    let changed = || {
        Problem::new(StatusCode::PRECONDITION_FAILED, "somebody has written labels since: read them again")
    };
    let tag = seen.to_str().ok().map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"'));
    let seen: u64 = tag.and_then(|tag| tag.parse().ok()).ok_or_else(changed)?;
    if new.labels.len() > MOST || new.labels.values().any(|label| label.chars().count() > LONGEST) {
        return Err(Problem::unprocessable(format!("at most {MOST} labels of at most {LONGEST} characters")));
    }
    if let Some(other) = new.labels.keys().find(|id| id.parse::<u32>().is_err()) {
        return Err(Problem::unprocessable(format!("labels: {other:?} is no number of a concept")));
    }
    let labels = serde_json::to_value(&new.labels).map_err(state::StateError::from)?;
    let written = api.backend.ask(move |all| all.store.write_labels(&name, seen, &labels, &who.name)).await?;
    Ok(told(written.ok_or_else(changed)?.into()))
}

/// The bundle must be shown here.
fn known(api: &Api, name: &str) -> Result<(), Problem> {
    let found = api.shelf.root(name).map(|_| ());
    found.ok_or_else(|| Problem::not_found(format!("there is no bundle {name:?} here")))
}

fn told(labels: LabelVersion) -> Response {
    let tag = format!("\"{}\"", labels.version);
    let mut response = Json(labels).into_response();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
