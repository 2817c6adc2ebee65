//! Resumable uploads: creation, checksum, expiration, termination. The offset that is told is on the disk.

use std::{io::SeekFrom, path::Path, sync::Arc, time::Duration};

use axum::{
    Extension,
    body::BodyDataStream,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures::StreamExt as _;
use tokio::{
    fs::{self, File},
    io::{AsyncSeekExt as _, AsyncWriteExt as _},
};

use super::{
    Api,
    failure::aside,
    own::is_own,
    sent::Named,
    tus::{self, Checksum},
};
use crate::{
    http::{problem::Problem, tokens::Who},
    queue::safe_name,
    state::{self, Upload},
    work::sync,
};

/// How long a client may take for the next piece.
const PATIENCE: Duration = Duration::from_secs(30);
/// So many bytes are brought to the disk and noted at a time.
const NOTED: u64 = 32 << 20;
/// Most uploads that are not finished: each is a file.
const MOST: u64 = 10_000;

/// What the server can do
#[utoipa::path(options, path = "/uploads", tag = "uploads",
    responses((status = 204, description = "Tus-Version, Tus-Extension, Tus-Checksum-Algorithm, Tus-Max-Size")))]
pub async fn abilities(State(api): State<Arc<Api>>) -> Response {
    (StatusCode::NO_CONTENT, tus::abilities(api.backend.settings.largest_upload)).into_response()
}

/// Begin an upload (tus 1.0.0)
#[utoipa::path(post, path = "/uploads", tag = "uploads",
    params(
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Length" = u64, Header, description = "Bytes of the whole file"),
        ("Upload-Metadata" = Option<String>, Header, description = "`filename` and its value in base64"),
    ),
    responses((status = 201, description = "Begun: its address is in Location")))]
pub async fn create(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let length = tus::number(&headers, &tus::LENGTH)?;
    let largest = api.backend.settings.largest_upload;
    if length > largest {
        let what = format!("at most {largest} bytes are taken");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, what));
    }
    let filename = safe_name(&tus::metadata(&headers, "filename")?.unwrap_or_default());
    let backend = Arc::clone(&api.backend);
    let upload = aside(move || {
        let (_, many) = backend.store.promised(None)?;
        if many >= MOST {
            return Err(
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many uploads are kept").retry_after(600)
            );
        }
        if let Some(most) = who.quotas.bytes {
            let own = backend
                .store
                .promised(Some(&who.name))?
                .0
                .saturating_add(backend.store.held(Some(&who.name))?);
            if own.saturating_add(length) > most {
                let what = format!("this token may keep {most} bytes, and has {own}");
                return Err(Problem::new(StatusCode::INSUFFICIENT_STORAGE, what));
            }
        }
        backend.has_room(length)?;
        let created = state::now();
        let expires = created + backend.settings.upload_seconds;
        let id = state::fresh()?;
        let upload =
            Upload { id, filename, length, received: 0, sha256: None, owner: who.name, created, expires };
        let path = backend.folder.upload(&upload.id);
        std::fs::File::create_new(&path)?.sync_all()?;
        sync::parent(&path)?;
        backend.store.begin_upload(&upload)?;
        Ok(upload)
    })
    .await?;
    let mut response = (StatusCode::CREATED, told(&upload)).into_response();
    let location = HeaderValue::try_from(format!("/api/v1/uploads/{}", upload.id));
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// How much of an upload is on the disk
#[utoipa::path(head, path = "/uploads/{id}", tag = "uploads",
    params(("id" = String, Path), ("Tus-Resumable" = String, Header, description = "1.0.0")),
    responses((status = 200, description = "Upload-Offset, Upload-Length, Upload-Expires")))]
pub async fn offset(State(api): State<Arc<Api>>, Named(id): Named) -> Result<Response, Problem> {
    let upload = found(&api, &id).await?;
    Ok((StatusCode::OK, [(header::CACHE_CONTROL, "no-store")], told(&upload)).into_response())
}

/// Send the next piece of an upload
///
/// The body is the piece, as `application/offset+octet-stream`.
#[utoipa::path(patch, path = "/uploads/{id}", tag = "uploads",
    params(
        ("id" = String, Path),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Offset" = u64, Header, description = "Where the piece begins: what HEAD says"),
        ("Upload-Checksum" = Option<String>, Header, description = "`sha256` or `sha1`, and the digest of the piece in base64"),
    ),
    responses((status = 204, description = "Upload-Offset says how much is on the disk")))]
pub async fn send(
    State(api): State<Arc<Api>>,
    Named(id): Named,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers();
    if headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind != "application/offset+octet-stream") {
        let what = "send Content-Type: application/offset+octet-stream";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, what));
    }
    let offset = tus::number(headers, &tus::OFFSET)?;
    let checksum = Checksum::expected(headers)?;
    let Some(_turn) = api.backend.send(&id) else {
        let what = "another request sends to this upload";
        return Err(Problem::new(StatusCode::LOCKED, what).retry_after(1));
    };
    let mut upload = found(&api, &id).await?;
    if offset != upload.received {
        let what = format!("{} bytes are here: go on from there", upload.received);
        return Err(Problem::new(StatusCode::CONFLICT, what).with(tus::OFFSET, upload.received));
    }
    if upload.sha256.is_none() {
        let path = api.backend.folder.upload(&id);
        receive(&api, &path, &mut upload, checksum, request.into_body().into_data_stream()).await?;
    }
    Ok((StatusCode::NO_CONTENT, told(&upload)).into_response())
}

/// Forget an upload
#[utoipa::path(delete, path = "/uploads/{id}", tag = "uploads",
    params(("id" = String, Path), ("Tus-Resumable" = String, Header, description = "1.0.0")),
    responses((status = 204, description = "Forgotten")))]
pub async fn forget(
    State(api): State<Arc<Api>>,
    Extension(who): Extension<Who>,
    Named(id): Named,
) -> Result<StatusCode, Problem> {
    let upload = found(&api, &id).await?;
    is_own(&who, &upload.owner)?;
    let Some(_turn) = api.backend.send(&id) else {
        return Err(Problem::new(StatusCode::LOCKED, "another request sends to this upload").retry_after(1));
    };
    let backend = Arc::clone(&api.backend);
    aside(move || {
        backend.store.forget_upload(&id)?;
        match std::fs::remove_file(backend.folder.upload(&id)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(StatusCode::NO_CONTENT),
        }
    })
    .await
}

/// An upload by its name.
pub(super) async fn found(api: &Api, id: &str) -> Result<Upload, Problem> {
    let name = id.to_owned();
    let upload = api.backend.ask(move |all| all.store.upload(&name)).await?;
    let upload = upload.ok_or_else(|| Problem::not_found(format!("there is no upload {id:?}")))?;
    if upload.expires < state::now() {
        return Err(Problem::new(StatusCode::GONE, "the time of this upload is over: begin it anew"));
    }
    Ok(upload)
}

fn told(upload: &Upload) -> HeaderMap {
    let known = [(tus::OFFSET, upload.received.into()), (tus::LENGTH, upload.length.into())];
    let mut headers = HeaderMap::from_iter(known);
    headers.extend(tus::http_date(upload.expires).map(|date| (tus::EXPIRES, date)));
    headers
}

/// Writes what comes. What is on the disk when the client goes away stays, unless a checksum was to hold.
async fn receive(
    api: &Api,
    path: &Path,
    upload: &mut Upload,
    mut checksum: Option<Checksum>,
    mut pieces: BodyDataStream,
) -> Result<(), Problem> {
    let mut file = fs::OpenOptions::new().write(true).open(path).await?;
    // Behind what was noted may lie what came before a kill.
    file.set_len(upload.received).await?;
    file.seek(SeekFrom::Start(upload.received)).await?;
    let (mut at, kept) = (upload.received, checksum.is_none());
    let outcome = loop {
        let piece = match tokio::time::timeout(PATIENCE, pieces.next()).await {
            Ok(Some(Ok(piece))) => piece,
            Ok(None) => break Ok(()),
            Ok(Some(Err(error))) => {
                break Err(Problem::new(StatusCode::BAD_REQUEST, format!("the body: {error}")));
            }
            Err(_) => break Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "nothing came for 30 s")),
        };
        if at + piece.len() as u64 > upload.length {
            let what = format!("more than the {} bytes that were announced", upload.length);
            break Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, what));
        }
        if let Some(sum) = &mut checksum {
            sum.update(&piece);
        }
        if let Err(error) = file.write_all(&piece).await {
            break Err(error.into());
        }
        at += piece.len() as u64;
        if kept && at - upload.received >= NOTED {
            note(api, &mut file, upload, at).await?;
        }
    };
    let holds = match checksum {
        Some(sum) => outcome.is_ok() && sum.holds(),
        None => true,
    };
    if !holds {
        file.set_len(upload.received).await?;
        outcome?;
        let status = StatusCode::from_u16(460).unwrap_or(StatusCode::BAD_REQUEST);
        return Err(Problem::new(status, "the piece has another checksum: send it again"));
    }
    let noted = note(api, &mut file, upload, at).await;
    outcome.and(noted)
}

/// Brings what was written to the disk, and only then notes how much it is.
async fn note(api: &Api, file: &mut File, upload: &mut Upload, at: u64) -> Result<(), Problem> {
    file.flush().await?;
    file.sync_data().await?;
    let (id, expires) = (upload.id.clone(), state::now() + api.backend.settings.upload_seconds);
    api.backend.ask(move |all| all.store.received(&id, at, expires)).await?;
    api.backend.count(|figures| &figures.uploaded, at - upload.received);
    (upload.received, upload.expires) = (at, expires);
    Ok(())
}
