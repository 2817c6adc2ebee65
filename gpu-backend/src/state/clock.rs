//! Time as it is kept: seconds since 1970, UTC.

use jiff::Timestamp;

/// Seconds since 1970.
pub fn now() -> i64 {
    Timestamp::now().as_second()
}

/// Such a time as RFC 3339 has it, for instance `2026-11-29T20:26:28Z`.
pub fn in_words(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| String::new(), |time| time.to_string())
}
