//! The app's files, held in memory: nothing in a request can reach the file system through them.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use cellprism_onnx::folder::sha256;

use super::{
    caching::{Keep, entity_tag, not_modified, with_keep},
    problem::Problem,
};
use crate::site::App;

/// The files by path.
#[derive(Clone, Debug)]
pub struct AppFiles(Arc<BTreeMap<String, AppFile>>);

#[derive(Debug)]
struct AppFile {
    content: Bytes,
    content_type: HeaderValue,
    tag: HeaderValue,
}

impl AppFiles {
    /// Takes the app over.
    pub fn new(app: App) -> Self {
        let file = |(name, content): (String, Vec<u8>)| {
            let tag = entity_tag(&sha256(&content))?;
            Some((name.clone(), AppFile { tag, content: content.into(), content_type: content_type(&name) }))
        };
        Self(Arc::new(app.files.into_iter().filter_map(file).collect()))
    }

    /// The answer to a request for `path`, `/` standing for `index.html`.
    pub fn answer(&self, path: &str, headers: &HeaderMap) -> Response {
        let name = path.trim_start_matches('/');
        let name = if name.is_empty() { "index.html" } else { name };
        let Some(file) = self.0.get(name) else {
            return Problem::not_found(format!("there is no {path} here")).into_response();
        };
        if let Some(response) = not_modified(headers, &file.tag, Keep::Revalidate) {
            return response;
        }
        let mut response = Body::from(file.content.clone()).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, file.content_type.clone());
        with_keep(response, &file.tag, Keep::Revalidate)
    }
}

/// The media type by a file's name. Text is UTF-8; WebAssembly must be named, or browsers won't stream it.
pub fn content_type(name: &str) -> HeaderValue {
    let found = mime_guess::from_path(name).first_or_octet_stream();
    let text = found.type_() == mime_guess::mime::TEXT && found.get_param("charset").is_none();
    let named = if text { format!("{found}; charset=utf-8") } else { found.to_string() };
    HeaderValue::try_from(named).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

#[cfg(test)]
mod tests {
    use super::content_type;

    #[test]
    fn what_a_page_consists_of_is_named() {
        for (name, kind) in [
            ("index.html", "text/html; charset=utf-8"),
            ("a/app.js", "text/javascript; charset=utf-8"),
            ("app.wasm", "application/wasm"),
            ("manifest.json", "application/json"),
            ("site.webmanifest", "application/manifest+json"),
            ("logo.svg", "image/svg+xml"),
            ("font.woff2", "font/woff2"),
            ("table.csv", "text/csv; charset=utf-8"),
            ("weights.safetensors", "application/octet-stream"),
        ] {
            assert_eq!(content_type(name), kind, "{name}");
        }
    }
}
