//! The words of tus 1.0.0.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{Timestamp, fmt::rfc2822};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::http::problem::Problem;

pub const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub const LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
pub const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const VERSION: HeaderName = HeaderName::from_static("tus-version");

/// The only version that is spoken.
const SPOKEN: &str = "1.0.0";

/// Refuses other versions, and says the version in every answer.
pub async fn speak(request: Request, next: Next) -> Response {
    let spoken = request.headers().get(RESUMABLE).is_some_and(|version| version == SPOKEN);
    let mut response = if spoken || request.method() == Method::OPTIONS {
        next.run(request).await
    } else {
        let what = "tus 1.0.0 is spoken here: send Tus-Resumable: 1.0.0";
        Problem::new(StatusCode::PRECONDITION_FAILED, what).into_response()
    };
    if response.status() == StatusCode::PRECONDITION_FAILED {
        response.headers_mut().insert(VERSION, HeaderValue::from_static(SPOKEN));
    }
    response.headers_mut().insert(RESUMABLE, HeaderValue::from_static(SPOKEN));
    response
}

/// What this server can do.
pub fn abilities(largest: u64) -> [(HeaderName, HeaderValue); 4] {
    let name = HeaderName::from_static;
    [
        (VERSION, HeaderValue::from_static(SPOKEN)),
        (name("tus-extension"), HeaderValue::from_static("creation,expiration,checksum,termination")),
        (name("tus-checksum-algorithm"), HeaderValue::from_static("sha256,sha1")),
        (name("tus-max-size"), HeaderValue::from(largest)),
    ]
}

/// A number in a header.
///
/// # Errors
/// If it is missing or something else.
pub fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, Problem> {
    let text = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .filter(|&number: &u64| i64::try_from(number).is_ok())
        .ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, format!("{name}: a number of bytes")))
}

/// The value of a key of `Upload-Metadata`; nothing where it is not there.
///
/// # Errors
/// If the header is no list of keys and base64.
pub fn metadata(headers: &HeaderMap, key: &str) -> Result<Option<String>, Problem> {
    let wrong = || {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "Upload-Metadata: keys, each with its value in base64, by commas",
        )
    };
    let Some(value) = headers.get(METADATA) else { return Ok(None) };
    let mut found = None;
    for pair in value.to_str().map_err(|_| wrong())?.split(',').filter(|pair| !pair.trim().is_empty()) {
        let mut words = pair.split_whitespace();
        let name = words.next().unwrap_or_default();
        let value = STANDARD.decode(words.next().unwrap_or_default()).map_err(|_| wrong())?;
        if words.next().is_some() {
            return Err(wrong());
        }
        if name == key {
            found = Some(String::from_utf8(value).map_err(|_| wrong())?);
        }
    }
    Ok(found)
}

/// A time as HTTP writes it.
pub fn http_date(seconds: i64) -> Option<HeaderValue> {
    let time = Timestamp::from_second(seconds).ok()?;
    let text = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok()?;
    HeaderValue::from_str(&text).ok()
}

/// The digest that a piece must have.
pub enum Checksum {
    /// SHA-1: what the protocol demands of every server.
    Sha1(Sha1, Vec<u8>),
    /// SHA-256.
    Sha256(Sha256, Vec<u8>),
}

impl Checksum {
    /// What `Upload-Checksum` says; nothing where it is not there.
    ///
    /// # Errors
    /// If the algorithm is not known, or the digest no base64.
    pub fn expected(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let Some(value) = headers.get(CHECKSUM) else { return Ok(None) };
        let wrong = || {
            Problem::new(StatusCode::BAD_REQUEST, "Upload-Checksum: sha256 or sha1, and the digest in base64")
        };
        let (algorithm, digest) =
            value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(wrong)?;
        let digest = STANDARD.decode(digest.trim()).map_err(|_| wrong())?;
        match algorithm {
            "sha1" => Ok(Some(Self::Sha1(Sha1::new(), digest))),
            "sha256" => Ok(Some(Self::Sha256(Sha256::new(), digest))),
            _ => Err(wrong()),
        }
    }

    /// Some bytes more.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hasher, _) => hasher.update(bytes),
            Self::Sha256(hasher, _) => hasher.update(bytes),
        }
    }

    /// Whether all bytes together are what was promised.
    pub fn holds(self) -> bool {
        match self {
            Self::Sha1(hasher, expected) => hasher.finalize()[..] == expected[..],
            Self::Sha256(hasher, expected) => hasher.finalize()[..] == expected[..],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn metadata_is_base64_by_key() {
        let name = |value| metadata(&headers(METADATA, value), "filename").map_err(|_| ());
        assert_eq!(name("a YQ==,filename Y2VsbHMuaDVhZA==,empty"), Ok(Some("cells.h5ad".into())));
        assert_eq!(name("a YQ=="), Ok(None));
        for wrong in ["filename !", "filename YQ== YQ==", "filename /w=="] {
            assert_eq!(name(wrong), Err(()), "{wrong}");
        }
    }

    #[test]
    fn numbers_and_dates_are_http() {
        assert_eq!(number(&headers(LENGTH, "12"), &LENGTH).ok(), Some(12));
        for wrong in ["", "-1", "+1", "1.0", "9223372036854775808", "1 2"] {
            assert!(number(&headers(LENGTH, wrong), &LENGTH).is_err(), "{wrong}");
        }
        assert_eq!(http_date(784_111_777).unwrap(), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn a_checksum_is_of_all_bytes() {
        let expected =
            |value| Checksum::expected(&headers(CHECKSUM, value)).map_err(|_| ()).map(Option::unwrap);
        // of "hello world"
        for value in
            ["sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek="]
        {
            let mut sum = expected(value).unwrap();
            sum.update(b"hello ");
            sum.update(b"world");
            assert!(sum.holds(), "{value}");
            assert!(!expected(value).unwrap().holds());
        }
        assert!(expected("md5 YQ==").is_err());
    }
}
