//! What a watchdog asks, and what runs here.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Api, failure::aside};
use crate::http::problem::Problem;

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`
    status: &'static str,
}

/// The server answers
#[utoipa::path(get, path = "/health/live", tag = "server", responses((status = 200, body = Health)))]
pub async fn live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The server can take jobs: its database can be written to, and its disk has room
#[utoipa::path(get, path = "/health/ready", tag = "server", responses((status = 200, body = Health)))]
pub async fn ready(State(api): State<Arc<Api>>) -> Result<Json<Health>, Problem> {
    let not_ready = |what: String| Problem::new(StatusCode::SERVICE_UNAVAILABLE, what).retry_after(5);
    api.backend.ask(|all| all.store.check()).await.map_err(|error| not_ready(error.to_string()))?;
    let backend = Arc::clone(&api.backend);
    let room = tokio::task::spawn_blocking(move || backend.disk_has_room(0)).await;
    match room {
        Ok(Err(full)) => Err(not_ready(full.to_string())),
        _ => Ok(Json(Health { status: "ok" })),
    }
}

/// What runs here, and what it shows
#[utoipa::path(get, path = "/info", tag = "server", responses((status = 200, body = Object)))]
pub async fn info(State(api): State<Arc<Api>>) -> Result<Json<Value>, Problem> {
    let shelf = Arc::clone(&api.shelf);
    let bundles = aside(move || Ok(shelf.list())).await?;
    let settings = &api.backend.settings;
    Ok(Json(json!({
        "name": "cellprism",
        "version": env!("CARGO_PKG_VERSION"),
        "onnxruntime": api.runtime,
        "bundle_layout": cellprism_core::bundle::SCHEMA_VERSION,
        "bundles": bundles,
        "api": "/api/v1",
        "queue": settings.queue,
        "devices": settings.devices,
    })))
}
