//! What a server says it sends.

use reqwest::{
    StatusCode,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, LAST_MODIFIED},
};

use super::FetchError;

/// Where an answer begins, and how long the whole file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Place of the first byte.
    pub from: u64,
    /// Bytes of the whole file, where it says so.
    pub whole: Option<u64>,
    /// What tells whether the file is still the same, for the next connection.
    pub version: Option<String>,
}

impl Offer {
    /// Of an answer with the file, or the rest of it.
    pub fn of(status: StatusCode, headers: &HeaderMap) -> Result<Self, FetchError> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        // A weak tag does not promise the same bytes.
        let version = text(ETAG).filter(|tag| !tag.starts_with("W/")).or_else(|| text(LAST_MODIFIED));
        let version = version.map(ToOwned::to_owned);
        if status == StatusCode::PARTIAL_CONTENT {
            let said = text(CONTENT_RANGE).unwrap_or_default();
            let (from, whole) = range(said)
                .ok_or_else(|| FetchError::Confused(format!("a part, with Content-Range {said:?}")))?;
            return Ok(Self { from, whole, version });
        }
        if headers.contains_key(CONTENT_ENCODING) {
            return Err(FetchError::Confused("it is packed though nobody asked for that".into()));
        }
        Ok(Self { from: 0, whole: text(CONTENT_LENGTH).and_then(|length| length.parse().ok()), version })
    }
}

/// First byte and whole length of `bytes 100-199/500`.
fn range(said: &str) -> Option<(u64, Option<u64>)> {
    let (range, whole) = said.strip_prefix("bytes ")?.split_once('/')?;
    let (from, to) = range.split_once('-')?;
    let (from, to): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
    let whole = if whole == "*" { None } else { Some(whole.parse().ok()?) };
    (from <= to && whole.is_none_or(|whole| to < whole)).then_some((from, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_where_it_begins_and_how_long_the_whole_is() {
        assert_eq!(range("bytes 100-199/500"), Some((100, Some(500))));
        assert_eq!(range("bytes 0-0/*"), Some((0, None)));
        for wrong in
            ["", "bytes */500", "bytes 5-4/9", "bytes 0-9/9", "items 0-1/2", "bytes -1-2/3", "bytes 0-1"]
        {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_weak_tag_is_no_promise() {
        let headers = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
        };
        let offer = |pairs: &[_]| Offer::of(StatusCode::OK, &headers(pairs)).unwrap();
        assert_eq!(offer(&[("etag", "W/\"1\""), ("content-length", "7")]).version, None);
        assert_eq!(offer(&[("etag", "\"1\"")]).version.as_deref(), Some("\"1\""));
        assert_eq!(offer(&[("content-length", "7")]).whole, Some(7));
    }
}
