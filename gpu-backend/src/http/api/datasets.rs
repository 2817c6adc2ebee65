//! Cells that jobs are about.

use std::{path::PathBuf, sync::Arc};

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    Api,
    failure::aside,
    own::is_own,
    sent::{Named, Sent, name},
};
use crate::{
    http::{problem::Problem, tokens::Who},
    queue::safe_name,
    state::{self, Dataset, Upload},
    worker::{ModelToMatch, Seen, Task},
};

/// Cells to be looked at: an upload, or a file below the server's folder of datasets.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDataset {
    /// Id of a whole upload
    #[serde(default)]
    upload: Option<String>,
    /// A path below the folder of datasets (`--datasets DIR`)
    #[serde(default)]
    path: Option<String>,
    /// Name for people
    name: String,
}

/// Cells that jobs can be about.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetRow {
    /// Id
    id: String,
    /// Name for people
    name: String,
    /// Number of cells
    cells: u64,
    /// Number of measured genes
    genes: u64,
    /// Metadata columns, each of which `labels` of a job can name
    columns: Vec<String>,
    /// Columns that cannot be used, with the reason
    #[schema(value_type = Vec<Vec<String>>)]
    skipped_columns: Vec<(String, String)>,
    /// Where the counts are in the file
    counts: String,
    /// Digest of the file
    sha256: String,
    /// Size of the file
    bytes: u64,
    /// Name of the file
    filename: String,
    /// How the genes of each model are found in these cells
    #[schema(value_type = Vec<Object>)]
    gene_audit: Value,
    /// When it came
    created: String,
}

impl From<Dataset> for DatasetRow {
    fn from(of: Dataset) -> Self {
        let seen: Option<Seen> = serde_json::from_value(of.described.clone()).ok();
        let seen = seen.as_ref();
        Self {
            id: of.id,
            name: of.name,
            cells: seen.map_or(0, |seen| seen.cells),
            genes: seen.map_or(0, |seen| seen.genes),
            columns: seen
                .iter()
                .flat_map(|seen| seen.columns.iter().map(|column| column.name.clone()))
                .collect(),
            skipped_columns: seen.map(|seen| seen.skipped_columns.clone()).unwrap_or_default(),
            counts: seen.map(|seen| seen.counts.clone()).unwrap_or_default(),
            sha256: of.sha256,
            bytes: of.bytes,
            filename: of.filename,
            gene_audit: of.described["gene_audit"].clone(),
            created: state::in_words(of.created),
        }
    }
}

/// Make a dataset of an upload, or of a file of the server
///
/// A worker looks at the file: names and metadata of all cells, counts of some of them.
#[utoipa::path(post, path = "/datasets", tag = "datasets", request_body = NewDataset,
    responses((status = 201, description = "Looked at and kept", body = DatasetRow)))]
pub async fn create(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Sent(new): Sent<NewDataset>,
) -> Result<Response, Problem> {
    let name = name("name", &new.name)?;
    let source = match (new.upload, new.path) {
        (Some(id), None) => Source::Upload(whole(&api, &id).await?),
        (None, Some(path)) => Source::Path(path),
        _ => return Err(Problem::unprocessable("give either upload or path")),
    };
    let backend = Arc::clone(&api.backend);
    let (source, file, models) = aside(move || {
        let file = match &source {
            Source::Upload(upload) => file_of(&backend, upload),
            Source::Path(path) => backend
                .below_datasets(path)
                .map_err(|error| Problem::unprocessable(format!("path: {error:#}")))?,
        };
        let models =
            backend.offered()?.into_iter().map(|model| ModelToMatch { id: model.id, folder: model.folder });
        Ok((source, file, models.collect()))
    })
    .await?;
    let filename = match &source {
        Source::Upload(upload) => upload.filename.clone(),
        Source::Path(path) => safe_name(path),
    };
    let task = Task::LookAtCells { file: file.clone(), models };
    let described = looked(&api, &task, &file, &filename).await?;
    let sha256 = described["sha256"].as_str().unwrap_or_default().to_owned();
    let backend = Arc::clone(&api.backend);
    let dataset = aside(move || {
        let bytes = std::fs::metadata(&file)?.len();
        let path = match source {
            Source::Upload(upload) => {
                settle(&backend, &upload, &sha256)?;
                None
            }
            Source::Path(path) => Some(path),
        };
        let (id, created) = (state::fresh()?, state::now());
        let owner = who.name;
        let dataset = Dataset { id, name, filename, sha256, bytes, path, described, owner, created };
        backend.store.add_dataset(&dataset)?;
        Ok(dataset)
    })
    .await?;
    Ok(created(&format!("/api/v1/datasets/{}", dataset.id), DatasetRow::from(dataset)))
}

/// Where cells come from.
enum Source {
    Upload(Upload),
    Path(String),
}

/// An upload all of which is here.
pub(super) async fn whole(api: &Api, id: &str) -> Result<Upload, Problem> {
    let name = id.to_owned();
    let upload = api.backend.ask(move |all| all.store.upload(&name)).await?;
    let upload =
        upload.ok_or_else(|| Problem::unprocessable(format!("upload: there is none with the id {id:?}")))?;
    if !upload.is_whole() {
        let what =
            format!("upload: {} of {} bytes are here: send the rest first", upload.received, upload.length);
        return Err(Problem::new(StatusCode::CONFLICT, what));
    }
    Ok(upload)
}

/// Where the bytes of an upload are.
pub(super) fn file_of(backend: &crate::queue::Backend, upload: &Upload) -> PathBuf {
    match &upload.sha256 {
        Some(sha256) => backend.folder.file(sha256),
        None => backend.folder.upload(&upload.id),
    }
}

/// What a worker says of a file, with the name that the client knows.
pub(super) async fn looked(
    api: &Api,
    task: &Task,
    file: &std::path::Path,
    filename: &str,
) -> Result<Value, Problem> {
    use crate::queue::WorkerError;
    api.backend.look(task).await.map_err(|error| match error {
        WorkerError::Refused(what) => {
            WorkerError::Refused(what.replace(&*file.to_string_lossy(), filename)).into()
        }
        other => other.into(),
    })
}

/// An upload that was looked at gets its final name.
pub(super) fn settle(backend: &crate::queue::Backend, upload: &Upload, sha256: &str) -> Result<(), Problem> {
    if upload.sha256.is_none() {
        match backend.folder.settle(&upload.id, sha256) {
            // Another request was faster.
            Err(error)
                if error.kind() == std::io::ErrorKind::NotFound && backend.folder.file(sha256).exists() => {}
            done => done?,
        }
        backend.store.settled(&upload.id, sha256)?;
    }
    Ok(())
}

/// 201, with the address.
pub(super) fn created(address: &str, body: impl Serialize) -> Response {
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    if let Ok(address) = HeaderValue::from_str(address) {
        response.headers_mut().insert(header::LOCATION, address);
    }
    response
}

/// All datasets, the oldest first
#[utoipa::path(get, path = "/datasets", tag = "datasets", responses((status = 200, body = Vec<DatasetRow>)))]
pub async fn list(State(api): State<Arc<Api>>) -> Result<Json<Vec<DatasetRow>>, Problem> {
    let found = api.backend.ask(|all| all.store.datasets()).await?;
    Ok(Json(found.into_iter().map(DatasetRow::from).collect()))
}

/// A dataset
#[utoipa::path(get, path = "/datasets/{id}", tag = "datasets", params(("id" = String, Path)),
    responses((status = 200, body = DatasetRow)))]
pub async fn get(State(api): State<Arc<Api>>, Named(id): Named) -> Result<Json<DatasetRow>, Problem> {
    Ok(Json(found(&api, &id).await?.into()))
}

async fn found(api: &Api, id: &str) -> Result<Dataset, Problem> {
    let name = id.to_owned();
    let dataset = api.backend.ask(move |all| all.store.dataset(&name)).await?;
    dataset.ok_or_else(|| Problem::not_found(format!("there is no dataset {id:?}")))
}

/// Forget a dataset; its file goes when nothing else has it
#[utoipa::path(delete, path = "/datasets/{id}", tag = "datasets", params(("id" = String, Path)),
    responses((status = 204, description = "Forgotten")))]
pub async fn forget(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Named(id): Named,
) -> Result<StatusCode, Problem> {
    let dataset = found(&api, &id).await?;
    is_own(&who, &dataset.owner)?;
    let backend = Arc::clone(&api.backend);
    aside(move || {
        if backend.store.is_needed(&id)? {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "a job that waits or runs needs it: cancel that first",
            ));
        }
        backend.store.forget_dataset(&id)?;
        if dataset.path.is_none() && !backend.store.is_file_named(&dataset.sha256)? {
            match std::fs::remove_file(backend.folder.file(&dataset.sha256)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}
