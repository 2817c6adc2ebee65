//! Each request has a name of its own: in its answer, in the log, in the audit log. Whoever changes something needs the role
//! for it, and must not be a page of another origin.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::Api;
use crate::{
    http::{
        problem::Problem,
        tokens::{Role, Who},
    },
    state::{self, Act},
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Notes a request and its answer.
pub async fn note(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(request.headers());
    let method = request.method().clone();
    let path: String = request.uri().path().chars().take(300).collect();
    let route = request.extensions().get::<MatchedPath>().map_or("other", |path| path.as_str()).to_owned();
    let going = api.metrics.begin();
    let mut response = next.run(request).await;
    drop(going);
    let who = response.extensions().get::<Who>().map_or_else(|| "nobody".to_owned(), |who| who.name.clone());
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        // Headers that other layers have added stay.
        let told = problem.about(Some(path.clone()));
        let headers = std::mem::take(response.headers_mut());
        response = told;
        for (name, value) in &headers {
            // The body is another one than was measured and packed.
            if ![header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::TRANSFER_ENCODING].contains(name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    if route == "/bundles/index.json" {
        // The explorer asks for this list first: where it says so, there is a page of jobs.
        response.headers_mut().insert("x-cellprism-api", HeaderValue::from_static("/api/v1"));
    }
    let (status, taken) = (response.status(), began.elapsed());
    api.metrics.count(&method, &route, status.as_u16(), taken);
    let milliseconds = taken.as_secs_f64() * 1000.0;
    tracing::info!(request = id, who, %method, path, status = status.as_u16(), milliseconds, "answered");
    // Pieces of uploads are in the log only: there may be thousands.
    if !method.is_safe() && method != Method::PATCH {
        let act = Act {
            at: state::now(),
            who,
            request: id,
            method: method.to_string(),
            path,
            status: status.as_u16(),
        };
        if let Err(error) = api.backend.ask(move |all| all.store.note(&act)).await {
            tracing::warn!("an act cannot be noted: {error}");
        }
    }
    response
}

/// The name that a proxy has given, or a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let usable =
        (1..=64).contains(&given.len()) && given.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if usable { given.to_owned() } else { state::fresh().unwrap_or_default() }
}

/// Refuses to change anything for those who may only read, and for pages of other origins: a browser sends their requests
/// with whatever this computer, or a password that it remembers, lets it do.
pub async fn may(request: Request, next: Next) -> Response {
    if !request.method().is_safe()
        && let Some(refused) = refused(&request)
    {
        return Problem::new(StatusCode::FORBIDDEN, refused).into_response();
    }
    next.run(request).await
}

fn refused(request: &Request) -> Option<&'static str> {
    if request.extensions().get::<Who>().is_none_or(|who| who.role < Role::Submit) {
        return Some("this token lets you read only");
    }
    let said = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let other = |site: &str| !["same-origin", "none"].contains(&site);
    let origin = said(header::ORIGIN).map(|origin| origin.split_once("://").map_or(origin, |(_, host)| host));
    let host = said(header::HOST);
    let foreign = said(HeaderName::from_static("sec-fetch-site")).is_some_and(other)
        || origin.is_some() && origin != host;
    foreign.then_some("pages of other origins may change nothing here")
}
