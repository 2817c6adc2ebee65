//! A JSON file of settings beside the weights.

use serde_json::{Map, Value};

use crate::folder::ImportError;

/// Larger numbers are mistakes, or would not fit in memory.
const LARGEST: u64 = 1 << 20;

/// An object of settings.
pub(crate) struct SettingsFile {
    file: &'static str,
    values: Map<String, Value>,
}

impl SettingsFile {
    /// Reads an object; `file` is its name in messages.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn read(file: &'static str, json: &[u8]) -> Result<Self, ImportError> {
        match serde_json::from_slice(json) {
            Ok(values) => Ok(Self { file, values }),
            Err(e) => Err(ImportError::File { file, what: format!("not a JSON object: {e}") }),
        }
    }

    /// A setting that is there and not null.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.is_null())
    }

    /// A size from 1 on.
    pub(crate) fn size(&self, name: &str, default: Option<u64>) -> Result<u64, ImportError> {
        let value = match (self.get(name), default) {
            (None, Some(default)) => Some(default),
            (None, None) => return Err(self.wrong(format!("it has no {name:?}"))),
            (Some(value), _) => value.as_u64(),
        };
        value
            .filter(|value| (1..=LARGEST).contains(value))
            .ok_or_else(|| self.wrong(format!("{name:?} is {}, not a size", self.values[name])))
    }

    /// A number.
    pub(crate) fn number(&self, name: &str, default: f64) -> Result<f64, ImportError> {
        let value = self.get(name).map_or(Some(default), Value::as_f64);
        value
            .filter(|value| value.abs() < 1e6)
            .ok_or_else(|| self.wrong(format!("{name:?} is {}, not a number", self.values[name])))
    }

    /// Text.
    pub(crate) fn text(&self, name: &str, default: &str) -> Result<String, ImportError> {
        let value = self.get(name).map_or(Some(default), Value::as_str);
        value
            .map(str::to_owned)
            .ok_or_else(|| self.wrong(format!("{name:?} is {}, not text", self.values[name])))
    }

    /// Refuses any other value than the one that is supported.
    pub(crate) fn only(&self, name: &str, supported: &str) -> Result<(), ImportError> {
        let value = self.text(name, supported)?;
        if value == supported {
            return Ok(());
        }
        Err(self.unsupported(format!("{name:?} = {value:?} (only {supported:?} is supported)")))
    }

    /// A setting makes no sense.
    pub(crate) fn wrong(&self, what: String) -> ImportError {
        ImportError::File { file: self.file, what }
    }

    /// The model was made with something that is not supported.
    pub(crate) fn unsupported(&self, what: String) -> ImportError {
        ImportError::Unsupported(format!("{}: the model was made with {what}", self.file))
    }
}
