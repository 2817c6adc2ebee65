//! The only file that touches the network. Every file's size and checksum are compared with the manifest's, those of a bundle of
//! this computer too.

use std::cell::Cell;

use cellprism_core::bundle::{BUNDLE_LIST, BundleList, File, FileEntry};
use leptos::prelude::window;
use serde_json::Value;
use sha2::{Digest, Sha256};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

use crate::local;

/// The header by which a server that takes jobs says so, with the list of bundles.
const JOBS: &str = "x-cellprism-api";
/// Bytes of a piece of an upload.
const PIECE: f64 = 8_388_608.0;

thread_local! {
    static HAS_JOBS: Cell<bool> = const { Cell::new(false) };
}

/// Why a file is not there. Never to be mistaken for an empty result.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchError {
    /// The file's address.
    pub file: String,
    /// What happened.
    pub what: String,
}

impl FetchError {
    fn new(file: &str, what: impl Into<String>) -> Self {
        Self { file: file.into(), what: what.into() }
    }
}

/// Fetches a file; with `entry`, its size and SHA-256 must be those of the manifest.
pub async fn bytes(base: &str, file: &str, entry: Option<&FileEntry>) -> Result<Vec<u8>, FetchError> {
    let (here, url) = (local::is_local(base), address(base, file));
    let bytes = if here {
        local::read(base, file, entry).await.map_err(|what| FetchError::new(file, what))?
    } else {
        let missing = || FetchError::new(&url, "the server answered 404");
        fetched(&url).await?.ok_or_else(missing)?
    };
    if let Some(entry) = entry {
        let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        if bytes.len() as u64 != entry.bytes || digest != entry.sha256 {
            let remedy = if here {
                "copy or download the bundle again"
            } else {
                "ask whoever hosts the bundle to copy it again"
            };
            let what = format!("it is not the file in the manifest (another SHA-256): {remedy}");
            return Err(FetchError::new(&url, what));
        }
    }
    Ok(bytes)
}

/// A file's address; of a bundle of this computer, which has none, its name.
fn address(base: &str, file: &str) -> String {
    if local::is_local(base) { file.to_owned() } else { format!("{base}{file}") }
}

/// The site's list of bundles; nothing where the site has no such file.
pub async fn listed() -> Result<Option<BundleList>, FetchError> {
    let Some(bytes) = fetched(BUNDLE_LIST).await? else { return Ok(None) };
    let list = BundleList::from_bytes(BUNDLE_LIST, &bytes);
    list.map(Some).map_err(|e| FetchError::new(BUNDLE_LIST, e.problem()))
}

/// What is at an address; nothing where the server says that there is nothing.
async fn fetched(url: &str) -> Result<Option<Vec<u8>>, FetchError> {
    let failed = |_| FetchError::new(url, "the connection failed; are you offline?");
    let response = JsFuture::from(window().fetch_with_str(url)).await.map_err(failed)?;
    let response: Response = response.unchecked_into();
    if response.headers().get(JOBS).is_ok_and(|value| value.is_some()) {
        HAS_JOBS.set(true);
    }
    if response.status() == 404 {
        return Ok(None);
    }
    if !response.ok() {
        return Err(FetchError::new(url, format!("the server answered {}", response.status())));
    }
    let buffer = response.array_buffer().map_err(failed)?;
    let buffer = JsFuture::from(buffer).await.map_err(failed)?;
    Ok(Some(js_sys::Uint8Array::new(&buffer).to_vec()))
}

/// Whether the server has told that it takes jobs.
pub fn has_jobs() -> bool {
    HAS_JOBS.get()
}

/// Asks the server for something of its jobs, or to do something; its own words where it refuses.
pub async fn ask(method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
    let request = request(method, &[("content-type", "application/json")])?;
    if let Some(body) = body {
        request.set_body(&JsValue::from_str(&body.to_string()));
    }
    let response = sent(&format!("api/v1/{path}"), &request).await?;
    if response.status() == 204 {
        return Ok(Value::Null);
    }
    serde_json::from_slice(text(&response).await?.as_bytes())
        .map_err(|error| format!("an answer that is no JSON: {error}"))
}

/// Sends a file in pieces; the name of its upload. `told` hears how much is on the server's disk.
pub async fn upload(file: &web_sys::File, told: impl Fn(f64)) -> Result<String, String> {
    let (size, name) = (file.size(), file.name());
    // Base64 of the browser is for bytes.
    let name = if name.is_ascii() { name } else { js_sys::encode_uri_component(&name).into() };
    let name = window().btoa(&name).map_err(failed)?;
    let begin = request(
        "POST",
        &[
            ("tus-resumable", "1.0.0"),
            ("upload-length", &size.to_string()),
            ("upload-metadata", &format!("filename {name}")),
        ],
    )?;
    let begun = sent("api/v1/uploads", &begin).await?;
    let location =
        begun.headers().get("location").ok().flatten().ok_or("the server gives the upload no address")?;
    let id = location.rsplit('/').next().unwrap_or_default().to_owned();
    let mut at = 0.0;
    while at < size {
        let piece = file.slice_with_f64_and_f64(at, (at + PIECE).min(size)).map_err(failed)?;
        let send = request(
            "PATCH",
            &[
                ("tus-resumable", "1.0.0"),
                ("upload-offset", &at.to_string()),
                ("content-type", "application/offset+octet-stream"),
            ],
        )?;
        send.set_body(&piece);
        let answer = sent(&format!("api/v1/uploads/{id}"), &send).await?;
        let offset = answer.headers().get("upload-offset").ok().flatten();
        at = offset
            .and_then(|offset| offset.parse().ok())
            .ok_or("the server does not say how much has come")?;
        told(at / size);
    }
    Ok(id)
}

fn request(method: &str, headers: &[(&str, &str)]) -> Result<RequestInit, String> {
    let (request, all) = (RequestInit::new(), Headers::new().map_err(failed)?);
    request.set_method(method);
    for (name, value) in headers {
        all.set(name, value).map_err(failed)?;
    }
    request.set_headers(&all);
    Ok(request)
}

async fn sent(url: &str, request: &RequestInit) -> Result<Response, String> {
    let answer = JsFuture::from(window().fetch_with_str_and_init(url, request)).await;
    let response: Response = answer.map_err(|_| "the server does not answer".to_owned())?.unchecked_into();
    if response.ok() {
        return Ok(response);
    }
    let problem: Option<Value> = serde_json::from_slice(text(&response).await?.as_bytes()).ok();
    let said = problem.as_ref().and_then(|problem| problem["detail"].as_str());
    Err(said.map_or_else(|| format!("the server answered {}", response.status()), str::to_owned))
}

async fn text(response: &Response) -> Result<String, String> {
    let text = JsFuture::from(response.text().map_err(failed)?).await.map_err(failed)?;
    Ok(text.as_string().unwrap_or_default())
}

fn failed(error: JsValue) -> String {
    format!("the browser refuses: {error:?}")
}

/// Fetches a file of a bundle or a site.
pub async fn file<T: File>(base: &str, file: &str, entry: Option<&FileEntry>) -> Result<T, FetchError> {
    let bytes = bytes(base, file, entry).await?;
    T::from_bytes(file, &bytes).map_err(|e| FetchError::new(&address(base, file), e.problem()))
}
