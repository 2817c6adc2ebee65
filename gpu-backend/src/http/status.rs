//! `/health` and `/info`.

use std::{path::Path, sync::Arc};

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::{Value, json};

use super::shelf::Shelf;
use crate::runtime::session::Runtime;

/// Whether ONNX Runtime can be used here: `{"version": …}` or `{"problem": …}`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnnxRuntime {
    /// Found and loaded.
    Version(String),
    /// Why not.
    Problem(String),
}

impl OnnxRuntime {
    /// Looks where every command looks.
    pub fn look_for(explicit: Option<&Path>) -> Self {
        match Runtime::start(explicit) {
            Ok(runtime) => Self::Version(runtime.version().to_owned()),
            Err(error) => Self::Problem(error.to_string()),
        }
    }
}

/// `/health`: the server answers.
pub async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// `/info`: what runs here, and what it shows.
pub async fn info(State(shelf): State<Arc<Shelf>>, runtime: OnnxRuntime) -> Json<Value> {
    let bundles = tokio::task::spawn_blocking(move || shelf.list()).await.unwrap_or_default();
    Json(json!({
        "name": "cellprism",
        "version": env!("CARGO_PKG_VERSION"),
        "onnxruntime": runtime,
        "bundle_layout": cellprism_core::bundle::SCHEMA_VERSION,
        "bundles": bundles,
    }))
}
