//! Every route, and the OpenAPI document that the same lines make.

use std::sync::Arc;

use axum::{Extension, Json, Router, extract::State, middleware::from_fn};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Api, datasets, docs, events, gene_sets, health, interactive, jobs, labels, metrics, models,
    own::is_admin, tus, uploads,
};
use crate::{
    http::{
        problem::{Problem, ProblemDetails},
        tokens::Who,
    },
    state,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "cellprism",
        description = "Jobs that turn embeddings of single-cell foundation models into concepts, and what they need: upload cells and \
                       gene sets, submit a job, follow it, read its bundle."
    ),
    components(schemas(ProblemDetails)),
    tags(
        (name = "uploads", description = "Resumable uploads (tus 1.0.0)"),
        (name = "datasets", description = "Cells"),
        (name = "models", description = "Models"),
        (name = "gene sets", description = "Gene sets"),
        (name = "jobs", description = "Jobs"),
        (name = "interactive", description = "Small questions, answered at once"),
        (name = "labels", description = "Shared labels"),
        (name = "server", description = "The server itself"),
    )
)]
struct Described;

/// All routes but those of the explorer, documented.
pub fn documented() -> (Router<Arc<Api>>, Value) {
    let uploads = OpenApiRouter::new()
        .routes(routes!(uploads::abilities, uploads::create))
        .routes(routes!(uploads::offset, uploads::send, uploads::forget))
        .layer(from_fn(tus::speak));
    let api = OpenApiRouter::new()
        .merge(uploads)
        .routes(routes!(datasets::list, datasets::create))
        .routes(routes!(datasets::get, datasets::forget))
        .routes(routes!(models::list, models::create))
        .routes(routes!(gene_sets::list, gene_sets::create))
        .routes(routes!(jobs::list, jobs::submit))
        .routes(routes!(jobs::get, jobs::forget))
        .routes(routes!(jobs::cancel))
        .routes(routes!(jobs::retry))
        .routes(routes!(jobs::pin, jobs::unpin))
        .routes(routes!(events::follow))
        .routes(routes!(interactive::encode))
        .routes(routes!(interactive::explain))
        .routes(routes!(interactive::enrich))
        .routes(routes!(interactive::steer))
        .routes(routes!(labels::get, labels::put))
        .routes(routes!(labels::history))
        .routes(routes!(audit));
    let (router, document) = OpenApiRouter::with_openapi(Described::openapi())
        .nest("/api/v1", api)
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::info))
        .routes(routes!(metrics::metrics))
        .routes(routes!(docs::openapi))
        .routes(routes!(docs::docs))
        .split_for_parts();
    let mut document = serde_json::to_value(&document).unwrap_or_default();
    with_problems(&mut document);
    (router, document)
}

/// The routes with what they need.
pub fn routes(api: Arc<Api>) -> Router {
    let (router, document) = documented();
    router.layer(Extension(docs::Document(Arc::new(document)))).with_state(api)
}

/// Every operation answers with a problem where something is wrong.
fn with_problems(document: &mut Value) {
    let problem = json!({
        "description": "What is wrong, where, and what to do",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    });
    for (path, methods) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            // Handlers of several folders have the same name.
            let parts = path.trim_start_matches("/api/v1").split(['/', '{', '}', '.', '-']);
            let words: Vec<&str> =
                [method.as_str()].into_iter().chain(parts).filter(|part| !part.is_empty()).collect();
            operation["operationId"] = json!(words.join("_"));
            for answer in operation["responses"].as_object_mut().into_iter().flat_map(|all| all.values_mut())
            {
                if answer.get("description").is_none() {
                    answer["description"] = json!("What was asked for");
                }
            }
            operation["responses"]["default"] = problem.clone();
        }
    }
    document["components"]["securitySchemes"] = json!({
        "token": {"type": "http", "scheme": "bearer", "description": "Where the server asks for tokens"},
    });
    document["security"] = json!([{}, {"token": []}]);
}

/// A request that changed something, or tried to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActRow {
    /// When
    at: String,
    /// Name of the token
    who: String,
    /// The request's own name
    request: String,
    /// Method
    method: String,
    /// Path
    path: String,
    /// How it was answered
    status: u16,
}

/// Who changed what: the last thousand acts, for administrators
#[utoipa::path(get, path = "/audit", tag = "server", responses((status = 200, body = Vec<ActRow>)))]
async fn audit(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
) -> Result<Json<Vec<ActRow>>, Problem> {
    is_admin(&who)?;
    let acts = api.backend.ask(|all| all.store.acts(1000)).await?;
    let row = |act: state::Act| ActRow {
        at: state::in_words(act.at),
        who: act.who,
        request: act.request,
        method: act.method,
        path: act.path,
        status: act.status,
    };
    Ok(Json(acts.into_iter().map(row).collect()))
}
