//! The only file that touches the network. Every file's size and checksum are compared with the manifest's.

use cellprism_core::bundle::{File, FileEntry};
use leptos::prelude::window;
use sha2::{Digest, Sha256};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

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
    let url = format!("{base}{file}");
    let failed = |_| FetchError::new(&url, "the connection failed; are you offline?");
    let response = JsFuture::from(window().fetch_with_str(&url)).await.map_err(failed)?;
    let response: Response = response.unchecked_into();
    if !response.ok() {
        return Err(FetchError::new(&url, format!("the server answered {}", response.status())));
    }
    let buffer = response.array_buffer().map_err(failed)?;
    let buffer = JsFuture::from(buffer).await.map_err(failed)?;
    let bytes = js_sys::Uint8Array::new(&buffer).to_vec();
    if let Some(entry) = entry {
        let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        if bytes.len() as u64 != entry.bytes || digest != entry.sha256 {
            return Err(FetchError::new(
                &url,
                "it is not the file in the manifest (another SHA-256): ask whoever hosts the bundle to copy it again",
            ));
        }
    }
    Ok(bytes)
}

/// Fetches a file of a bundle or a site.
pub async fn file<T: File>(base: &str, file: &str, entry: Option<&FileEntry>) -> Result<T, FetchError> {
    let bytes = bytes(base, file, entry).await?;
    T::from_bytes(file, &bytes).map_err(|e| FetchError::new(&format!("{base}{file}"), e.problem()))
}
