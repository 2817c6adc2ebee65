//! What a browser may keep: every file has an entity tag made from its SHA-256.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use headers::{ETag, HeaderMapExt, IfNoneMatch};

/// How long an answer may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Ask each time whether it has changed.
    Revalidate,
    /// The address names this very content.
    Forever,
}

impl Keep {
    fn value(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Revalidate => "no-cache",
            Self::Forever => "public, max-age=31536000, immutable",
        })
    }
}

/// The entity tag of content with this SHA-256; weak, as compressed answers share it.
pub fn entity_tag(sha256: &str) -> Option<HeaderValue> {
    let digits: String = sha256.chars().filter(char::is_ascii_hexdigit).take(32).collect();
    HeaderValue::from_str(&format!("W/\"{digits}\"")).ok()
}

/// The answer to a client that has this content already.
pub fn not_modified(request: &HeaderMap, tag: &HeaderValue, keep: Keep) -> Option<Response> {
    let ours: ETag = tag.to_str().ok()?.parse().ok()?;
    // Compared weakly: a mark of weakness on either side makes no difference.
    let known = request.typed_get::<IfNoneMatch>().is_some_and(|asked| !asked.precondition_passes(&ours));
    known.then(|| with_keep((StatusCode::NOT_MODIFIED, Body::empty()).into_response(), tag, keep))
}

/// The answer with its entity tag.
pub fn with_keep(mut response: Response, tag: &HeaderValue, keep: Keep) -> Response {
    response.headers_mut().insert(header::ETAG, tag.clone());
    response.headers_mut().insert(header::CACHE_CONTROL, keep.value());
    response
}
