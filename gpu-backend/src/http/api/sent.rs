//! What was sent, limited in size and time, and refused in words.

use std::time::Duration;

use axum::{
    RequestPartsExt as _,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use futures::StreamExt as _;
use serde::de::DeserializeOwned;

use crate::http::problem::Problem;

/// Most bytes of a request in JSON.
const MOST: usize = 1 << 20;
/// Most bytes where cells or rankings are sent.
const MOST_OF_CELLS: usize = 64 << 20;
/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A body of JSON.
#[derive(Debug)]
pub struct Sent<T>(pub T);

/// The same of cells or rankings, which are larger.
#[derive(Debug)]
pub struct SentCells<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        json(request, MOST).await.map(Self)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for SentCells<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        json(request, MOST_OF_CELLS).await.map(Self)
    }
}

async fn json<T: DeserializeOwned>(request: Request, most: usize) -> Result<T, Problem> {
    // A page of another origin cannot name this type without being asked for leave first.
    if !is_json(request.headers()) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send JSON, with Content-Type: application/json",
        ));
    }
    let body = tokio::time::timeout(PATIENCE, whole(request, most)).await;
    let body =
        body.map_err(|_| Problem::new(StatusCode::REQUEST_TIMEOUT, "the body did not come within 30 s"))??;
    serde_json::from_slice(&body).map_err(|error| {
        let status = if error.is_data() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
        Problem::new(status, format!("the body: {error}"))
    })
}

/// A body that is too large is read on for so many bytes, so that a client hears of it.
const HEARD: usize = 16 << 20;

/// A body of at most so many bytes.
async fn whole(request: Request, most: usize) -> Result<Vec<u8>, Problem> {
    let too_large =
        || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("at most {most} bytes are read here"));
    let (mut body, mut beyond) = (Vec::new(), 0);
    let mut pieces = request.into_body().into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece =
            piece.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("the body: {error}")))?;
        if beyond > 0 || body.len() + piece.len() > most {
            beyond += piece.len();
            body.clear();
            if beyond > HEARD {
                break;
            }
            continue;
        }
        body.extend_from_slice(&piece);
    }
    if beyond > 0 { Err(too_large()) } else { Ok(body) }
}

fn is_json(headers: &HeaderMap) -> bool {
    let named = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = named.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

/// A name in an address.
#[derive(Debug)]
pub struct Named(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let found = parts.extract::<Path<String>>().await;
        found
            .map(|Path(name)| Self(name))
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.body_text()))
    }
}

/// What stands behind the question mark.
#[derive(Debug)]
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let found = Query::<T>::try_from_uri(&parts.uri);
        found
            .map(|Query(asked)| Self(asked))
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.body_text()))
    }
}

/// A name for people: one line, not too long.
///
/// # Errors
/// If it is something else.
pub fn name(what: &str, given: &str) -> Result<String, Problem> {
    let given = given.trim();
    if given.is_empty() || given.chars().count() > 200 || given.chars().any(char::is_control) {
        return Err(Problem::unprocessable(format!("{what}: a line of 1 to 200 characters")));
    }
    Ok(given.to_owned())
}
