//! The list of bundles and their files.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use cellprism_core::bundle::{BundleEntry, path};
use tower_http::services::ServeFile;

use super::{
    app::content_type,
    caching::{Keep, entity_tag, not_modified, with_keep},
    problem::Problem,
    shelf::{Refusal, Shelf},
};

/// `/bundles/index.json`.
pub async fn list(State(shelf): State<Arc<Shelf>>) -> Result<Response, Problem> {
    let entries: Vec<BundleEntry> = off_thread(move || shelf.list()).await?;
    let mut response = Json(entries).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// `/bundles/<name or tag>/<file>`. Under the tag, which stands for one set of numbers, files may be kept for ever.
pub async fn file(
    State(shelf): State<Arc<Shelf>>,
    asked: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let Path((bundle, file)) =
        asked.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.body_text()))?;
    let name = file.clone();
    let found = off_thread(move || shelf.find(&bundle, &file)).await?.map_err(|refusal| match refusal {
        Refusal::Unknown(what) => Problem::not_found(what),
        Refusal::Damaged(what) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, what),
    })?;
    // The manifest also tells when and how fast, which the tag does not stand for.
    let keep = if found.by_tag && name != path::MANIFEST { Keep::Forever } else { Keep::Revalidate };
    let Some(tag) = entity_tag(&found.entry.sha256) else {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("{name} has no checksum")));
    };
    if let Some(response) = not_modified(request.headers(), &tag, keep) {
        return Ok(response);
    }
    let mut file = ServeFile::new(&found.file);
    if found.packed {
        file = file.precompressed_br().precompressed_gzip();
    }
    let served = file.try_call(request).await;
    let served = served.map_err(|e| Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("{name}: {e}")))?;
    let mut response = served.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, content_type(&name));
    response.headers_mut().remove(header::LAST_MODIFIED);
    if found.packed {
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    Ok(with_keep(response, &tag, keep))
}

/// Runs work that waits for the disk where it does not hold up other requests.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the request could not be worked on"))
}
