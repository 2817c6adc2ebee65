//! Libraries of gene sets.

use std::sync::Arc;

use axum::{Extension, Json, extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Api,
    datasets::{created, file_of, looked, settle, whole},
    failure::aside,
    sent::{Sent, name},
};
use crate::{
    http::{problem::Problem, tokens::Who},
    state::{self, GeneSetLibrary},
    worker::{SeenGeneSets, Task},
};

/// Gene sets to be looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGeneSets {
    /// Id of a whole upload: GMT, packed by gzip or not
    upload: String,
    /// Name for people
    name: String,
}

/// A library of gene sets.
#[derive(Debug, Serialize, ToSchema)]
pub struct GeneSetRow {
    /// Id
    id: String,
    /// Name for people
    name: String,
    /// Name of the file: that of the library in bundles
    filename: String,
    /// Number of sets
    sets: u64,
    /// Different genes in them
    genes: u64,
    /// Digest of the file
    sha256: String,
    /// Size of the file
    bytes: u64,
    /// When it came
    created: String,
}

impl From<GeneSetLibrary> for GeneSetRow {
    fn from(of: GeneSetLibrary) -> Self {
        Self {
            id: of.id,
            name: of.name,
            filename: of.filename,
            sets: of.sets,
            genes: of.genes,
            sha256: of.sha256,
            bytes: of.bytes,
            created: state::in_words(of.created),
        }
    }
}

/// All libraries of gene sets, the oldest first
#[utoipa::path(get, path = "/gene-sets", tag = "gene sets", responses((status = 200, body = Vec<GeneSetRow>)))]
pub async fn list(State(api): State<Arc<Api>>) -> Result<Json<Vec<GeneSetRow>>, Problem> {
    let found = api.backend.ask(|all| all.store.gene_sets()).await?;
    Ok(Json(found.into_iter().map(GeneSetRow::from).collect()))
}

/// Make a library of an upload
#[utoipa::path(post, path = "/gene-sets", tag = "gene sets", request_body = NewGeneSets,
    responses((status = 201, description = "Looked at and kept", body = GeneSetRow)))]
pub async fn create(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Sent(new): Sent<NewGeneSets>,
) -> Result<Response, Problem> {
    let name = name("name", &new.name)?;
    let upload = whole(&api, &new.upload).await?;
    let file = file_of(&api.backend, &upload);
    let seen = looked(&api, &Task::LookAtGeneSets { file: file.clone() }, &file, &upload.filename).await?;
    let seen: SeenGeneSets = serde_json::from_value(seen).map_err(state::StateError::from)?;
    let backend = Arc::clone(&api.backend);
    let library = aside(move || {
        settle(&backend, &upload, &seen.sha256)?;
        let library = GeneSetLibrary {
            id: state::fresh()?,
            name,
            filename: upload.filename,
            sha256: seen.sha256,
            bytes: upload.length,
            sets: seen.sets,
            genes: seen.genes,
            owner: who.name,
            created: state::now(),
        };
        backend.store.add_gene_sets(&library)?;
        Ok(library)
    })
    .await?;
    Ok(created("/api/v1/gene-sets", GeneSetRow::from(library)))
}
