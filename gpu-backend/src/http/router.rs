//! Every route and layer.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    response::Response,
    routing::get,
};
use tower_http::{compression::CompressionLayer, trace::TraceLayer};

use super::{
    access::{Access, check},
    app::AppFiles,
    bundles, headers,
    problem::Problem,
    shelf::Shelf,
    status::{self, OnnxRuntime},
};
use crate::site::App;

/// What is shown.
#[derive(Debug)]
pub struct Content {
    /// The app.
    pub app: App,
    /// The bundles.
    pub shelf: Shelf,
    /// The library that embeds cells.
    pub runtime: OnnxRuntime,
}

/// The service.
pub fn router(content: Content, access: Access) -> Router {
    let runtime = content.runtime;
    let bundles = Router::new()
        .route("/bundles/index.json", get(bundles::list))
        .route("/bundles/{bundle}/{*file}", get(bundles::file))
        .route("/info", get(move |shelf| status::info(shelf, runtime.clone())))
        .with_state(Arc::new(content.shelf));
    let app = Router::new().fallback(get(app_file)).with_state(AppFiles::new(content.app));
    Router::new()
        .route("/health", get(status::health))
        .merge(bundles)
        .merge(app)
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "files are only read here: GET or HEAD")
        })
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(Arc::new(access), check))
        .layer(from_fn(headers::secure))
        .layer(TraceLayer::new_for_http())
}

async fn app_file(State(app): State<AppFiles>, request: Request) -> Response {
    app.answer(request.uri().path(), request.headers())
}
