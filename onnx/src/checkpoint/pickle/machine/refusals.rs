//! What the machine says where it stops.

use super::Machine;
use crate::checkpoint::{CheckpointError, pickle::object::Value};

impl Machine<'_> {
    pub(in crate::checkpoint::pickle) fn wrong(&self, what: impl Into<String>) -> CheckpointError {
        CheckpointError::Pickle { at: self.opcode_at, what: what.into() }
    }

    pub(in crate::checkpoint::pickle) fn refuse(&self, name: impl Into<String>) -> CheckpointError {
        CheckpointError::Refused { at: self.opcode_at, name: name.into() }
    }

    pub(super) fn too_much(&self, limit: usize, what: &'static str) -> CheckpointError {
        CheckpointError::TooMuch { at: self.opcode_at, limit, what }
    }
}

/// What a value is, for messages.
pub(in crate::checkpoint::pickle) fn kind(value: Value) -> &'static str {
    match value {
        Value::None => "None",
        Value::Bool(_) => "a truth value",
        Value::Int(_) => "an integer",
        Value::Float(_) => "a float",
        Value::Text(_) => "text",
        Value::Bytes(_) | Value::Latin1(_) => "bytes",
        Value::List(_) => "a list",
        Value::Tuple(_) => "a tuple",
        Value::Set(_) => "a set",
        Value::Dict(_) => "a dictionary",
        Value::Storage(_) => "a storage",
        Value::Tensor(_) => "a tensor",
        Value::Array(_) => "an array",
        Value::Dtype(_) => "an element type",
        Value::Global(_) => "a name",
        Value::Opaque => "an object that is not read",
    }
}

/// Names come from the file: shown in full up to a length that fits a message.
pub(super) fn short(name: String) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let shown: String = name.chars().take(120).map(clean).collect();
    if shown.chars().count() < name.chars().count() { shown + "…" } else { shown }
}
