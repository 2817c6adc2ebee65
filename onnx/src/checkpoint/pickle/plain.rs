//! Texts and numbers of a pickle as labels, numbers written as Python writes them.

use super::object::Value;

/// Memory that a text takes beside its bytes.
pub(super) const TEXT_BYTES: usize = 40;

/// Text.
pub(super) fn plain_text(input: &[u8], value: Value) -> Option<&str> {
    match value {
        Value::Text(span) => std::str::from_utf8(span.of(input)).ok(),
        _ => None,
    }
}

/// Text as it is, numbers and truth values as Python writes them.
pub(super) fn plain_label(input: &[u8], value: Value) -> Option<String> {
    match value {
        Value::Text(_) => plain_text(input, value).map(str::to_owned),
        Value::Int(value) => Some(value.to_string()),
        Value::Float(value) => Some(float_label(value)),
        Value::Bool(value) => Some(bool_label(value).to_owned()),
        _ => None,
    }
}

/// A float as Python writes it, for the range in which labels lie.
pub(super) fn float_label(value: f64) -> String {
    format!("{value:?}")
}

/// A truth value as Python writes it.
pub(super) fn bool_label(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
