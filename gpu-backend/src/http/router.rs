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
    api::{self, Api},
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
    pub shelf: Arc<Shelf>,
    /// The library that embeds cells.
    pub runtime: OnnxRuntime,
    /// Jobs, where there is a folder for them.
    pub api: Option<Arc<Api>>,
}

/// The service.
pub fn router(content: Content, access: Access) -> Router {
    let runtime = content.runtime;
    let mut bundles = Router::new()
        .route("/bundles/index.json", get(bundles::list))
        .route("/bundles/{bundle}/{*file}", get(bundles::file));
    if content.api.is_none() {
        bundles = bundles.route("/info", get(move |shelf| status::info(shelf, runtime.clone())));
    }
    let app = Router::new().fallback(get(app_file)).with_state(AppFiles::new(content.app));
    let mut all = Router::new()
        .route("/health", get(status::health))
        .merge(bundles.with_state(content.shelf))
        .merge(app);
    let mut other_method = "files are only read here: GET or HEAD";
    if let Some(api) = &content.api {
        all = all.merge(api::routes(Arc::clone(api)));
        other_method = "this address takes other methods: see /docs";
    }
    let all = all
        .method_not_allowed_fallback(move || async move {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, other_method)
        })
        .layer(CompressionLayer::new());
    // What is told to a request without a name of its own is what it was before there were jobs.
    let all = match &content.api {
        Some(_) => all.layer(from_fn(api::may)),
        None => all,
    };
    let all = all.layer(from_fn_with_state(Arc::new(access), check));
    let all = match content.api {
        Some(api) => all.layer(from_fn_with_state(api, api::note)),
        None => all,
    };
    all.layer(from_fn(headers::secure)).layer(TraceLayer::new_for_http())
}

async fn app_file(State(app): State<AppFiles>, request: Request) -> Response {
    app.answer(request.uri().path(), request.headers())
}
