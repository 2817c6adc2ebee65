//! Models that jobs can name.

use std::sync::Arc;

use axum::{Extension, Json, extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Api,
    datasets::{created, file_of, settle, whole},
    failure::aside,
    sent::{Sent, name},
};
use crate::{
    http::{problem::Problem, tokens::Who},
    models::ImportOptions,
    queue::{Offered, WorkerError, safe_name},
    state::{self, ImportedModel},
    work::digest,
    worker::Task,
};

/// Most files of a checkpoint.
const MOST: usize = 20;

/// A checkpoint to be imported.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewModel {
    /// Id of a whole upload: the checkpoint, where it is one file
    #[serde(default)]
    upload: Option<String>,
    /// Ids of whole uploads: its files, where there are several; their names count
    #[serde(default)]
    uploads: Vec<String>,
    /// `scvi`, `scgpt`, `geneformer`, `scimilarity` or `onnx`
    kind: String,
    /// Name for people
    #[serde(default)]
    name: Option<String>,
}

/// A model that jobs can name.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelRow {
    /// Id
    id: String,
    /// Kind
    kind: String,
    /// Name for people
    name: String,
    /// Genes, or tokens, that it reads
    genes: u64,
    /// Size of an embedding
    dimensions: u64,
    /// Whether it was uploaded
    uploaded: bool,
}

impl From<Offered> for ModelRow {
    fn from(of: Offered) -> Self {
        let Offered { id, kind, name, genes, dimensions, uploaded, .. } = of;
        Self { id, kind, name, genes, dimensions, uploaded }
    }
}

/// All models: folders of the server, and checkpoints that were uploaded and imported
#[utoipa::path(get, path = "/models", tag = "models", responses((status = 200, body = Vec<ModelRow>)))]
pub async fn list(State(api): State<Arc<Api>>) -> Result<Json<Vec<ModelRow>>, Problem> {
    let found = api.backend.ask(|all| all.offered()).await?;
    Ok(Json(found.into_iter().map(ModelRow::from).collect()))
}

/// Import a checkpoint that was uploaded; nothing in it is executed
#[utoipa::path(post, path = "/models", tag = "models", request_body = NewModel,
    responses((status = 201, description = "Imported", body = ModelRow)))]
pub async fn create(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Sent(new): Sent<NewModel>,
) -> Result<Response, Problem> {
    let ids: Vec<String> = new.upload.into_iter().chain(new.uploads).collect();
    if ids.is_empty() || ids.len() > MOST {
        return Err(Problem::unprocessable(format!("give upload, or uploads: 1 to {MOST} files")));
    }
    let mut uploads = Vec::new();
    for id in &ids {
        uploads.push(whole(&api, id).await?);
    }
    let name = name("name", new.name.as_deref().unwrap_or(&uploads[0].filename))?;
    let id = state::fresh()?;
    let (backend, titled, kind) = (Arc::clone(&api.backend), name.clone(), id.clone());
    // The files under the names that they came with, in a folder that names the model.
    let (staged, checkpoint) = aside(move || {
        let staged = backend.folder.job(&format!("import-{kind}"));
        let folder = staged.join(safe_name(&titled));
        std::fs::create_dir_all(&folder)?;
        for upload in &uploads {
            let sha256 = match &upload.sha256 {
                Some(sha256) => sha256.clone(),
                None => digest::of_file(&file_of(&backend, upload))
                    .map_err(|error| Problem::unprocessable(format!("{error:#}")))?,
            };
            settle(&backend, upload, &sha256)?;
            let to = folder.join(&upload.filename);
            let linked = std::fs::hard_link(backend.folder.file(&sha256), &to);
            linked.or_else(|_| std::fs::copy(backend.folder.file(&sha256), &to).map(|_| ()))?;
        }
        let checkpoint = match uploads.as_slice() {
            [only] => folder.join(&only.filename),
            _ => folder,
        };
        Ok((staged, checkpoint))
    })
    .await?;
    let out = api.backend.folder.model(&id);
    let options = ImportOptions {
        checkpoint,
        out,
        onnxruntime: api.backend.settings.library.clone(),
        ..Default::default()
    };
    let imported = api.backend.look(&Task::Import { kind: new.kind, options }).await;
    let removed = staged.clone();
    aside(move || std::fs::remove_dir_all(removed).map_err(Problem::from)).await?;
    imported.map_err(|error| match error {
        // Paths of the server say nothing to a client.
        WorkerError::Refused(what) => {
            WorkerError::Refused(what.replace(&format!("{}/", staged.display()), ""))
        }
        other => other,
    })?;
    let (model, wanted) =
        (ImportedModel { id: id.clone(), name, owner: who.name, created: state::now() }, id.clone());
    let row = api
        .backend
        .ask(move |all| {
            all.store.add_model(&model)?;
            Ok(all.offered()?.into_iter().find(|model| model.id == wanted))
        })
        .await?;
    let row = row.ok_or_else(|| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the model that was imported cannot be opened")
    })?;
    Ok(created("/api/v1/models", ModelRow::from(row)))
}
