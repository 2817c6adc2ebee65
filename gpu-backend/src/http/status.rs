//! `/health` and `/info`.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::shelf::Shelf;

/// `/health`: the server answers.
pub async fn health() -> &'static str {
    "ok\n"
}

/// `/info`: what runs here, and what it shows.
pub async fn info(State(shelf): State<Arc<Shelf>>) -> Json<Value> {
    let bundles = tokio::task::spawn_blocking(move || shelf.list()).await.unwrap_or_default();
    Json(json!({
        "name": "cellprism",
        "version": env!("CARGO_PKG_VERSION"),
        "bundle_layout": cellprism_core::bundle::SCHEMA_VERSION,
        "bundles": bundles,
    }))
}
