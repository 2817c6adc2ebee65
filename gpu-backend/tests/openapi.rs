//! The OpenAPI document says what the router does: every operation is there, and no other.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use cellprism_gpu_backend::{
    http::{Api, OnnxRuntime, Shelf, Who, documented},
    queue::{Backend, Settings},
};
use serde_json::Value;
use tower::ServiceExt as _;

/// The router with a folder of its own, and the document.
fn served(folder: &std::path::Path) -> (Router, Value) {
    let backend = Arc::new(Backend::open(folder, Settings::default()).unwrap());
    let shelf = Arc::new(Shelf::open(&[]).unwrap());
    let api = Arc::new(Api::new(backend, shelf, OnnxRuntime::Problem("none".into())).unwrap());
    let (router, document) = documented();
    (router.layer(Extension(Who::local())).with_state(api), document)
}

async fn asked(router: &Router, method: &str, path: &str) -> (StatusCode, String) {
    let path = path.replace("{id}", "x").replace("{name}", "x");
    let request = Request::builder().method(method).uri(path).header("tus-resumable", "1.0.0");
    let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let kind = answer.headers().get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
    (answer.status(), kind.unwrap_or_default())
}

#[tokio::test]
async fn the_document_says_what_the_router_does() {
    let folder = tempfile::tempdir().unwrap();
    let (router, document) = served(folder.path());
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 25, "{} paths", paths.len());
    for (path, operations) in paths {
        let operations = operations.as_object().unwrap();
        for method in ["get", "post", "put", "patch", "delete", "head", "options"] {
            let (status, kind) = asked(&router, &method.to_uppercase(), path).await;
            // HEAD is answered wherever GET is.
            let documented =
                operations.contains_key(method) || method == "head" && operations.contains_key("get");
            let unknown = status == StatusCode::METHOD_NOT_ALLOWED
                || status == StatusCode::NOT_FOUND && kind.is_empty() && method != "head";
            assert_eq!(documented, !unknown, "{method} {path}: {status} {kind}");
        }
        for (method, operation) in operations {
            let operation = operation.as_object().unwrap();
            assert!(operation["responses"]["default"].is_object(), "{method} {path}");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn every_name_that_was_promised_is_there() {
    let (_, document) = documented();
    for (method, path) in [
        ("post", "/api/v1/uploads"),
        ("head", "/api/v1/uploads/{id}"),
        ("patch", "/api/v1/uploads/{id}"),
        ("delete", "/api/v1/uploads/{id}"),
        ("post", "/api/v1/datasets"),
        ("get", "/api/v1/datasets"),
        ("get", "/api/v1/datasets/{id}"),
        ("delete", "/api/v1/datasets/{id}"),
        ("get", "/api/v1/models"),
        ("post", "/api/v1/models"),
        ("get", "/api/v1/gene-sets"),
        ("post", "/api/v1/gene-sets"),
        ("post", "/api/v1/jobs"),
        ("get", "/api/v1/jobs"),
        ("get", "/api/v1/jobs/{id}"),
        ("get", "/api/v1/jobs/{id}/events"),
        ("post", "/api/v1/jobs/{id}/cancel"),
        ("post", "/api/v1/jobs/{id}/retry"),
        ("delete", "/api/v1/jobs/{id}"),
        ("post", "/api/v1/encode"),
        ("post", "/api/v1/explain"),
        ("post", "/api/v1/enrich"),
        ("post", "/api/v1/steer"),
        ("get", "/api/v1/bundles/{name}/labels"),
        ("put", "/api/v1/bundles/{name}/labels"),
        ("get", "/api/openapi.json"),
        ("get", "/docs"),
        ("get", "/health/live"),
        ("get", "/health/ready"),
        ("get", "/info"),
        ("get", "/metrics"),
    ] {
        assert!(document["paths"][path][method].is_object(), "{method} {path}");
    }
}
