//! Reading the files of a bundle, older layouts included; newer ones are refused by name.

use serde::{Deserialize, de::DeserializeOwned};
use thiserror::Error;

use super::{Manifest, SCHEMA_NAME, SCHEMA_VERSION, SchemaVersion, path};

/// Why a file of a bundle cannot be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// Not JSON, or a field is missing or of another type.
    #[error("{file}: {source}")]
    Json {
        /// Path from the bundle's root.
        file: String,
        /// What is wrong and where.
        source: serde_json::Error,
    },
    /// Some other folder's manifest.
    #[error("manifest.json: its schema is {0:?}, not {SCHEMA_NAME:?}: this is no bundle of cellprism")]
    Schema(String),
    /// Written by a later release.
    #[error(
        "manifest.json: this bundle has layout {}.{}, and this program reads layouts up to {}: use a newer cellprism",
        .0.major, .0.minor, SCHEMA_VERSION.major
    )]
    Newer(SchemaVersion),
}

/// Reads `manifest.json`. The version is looked at before anything else, so that a layout of the future is
/// refused by its number and not by a field that it lacks.
///
/// # Errors
/// If it is not JSON, of another schema, of a newer major version, or a field is missing.
pub fn read_manifest(bytes: &[u8]) -> Result<Manifest, ReadError> {
    #[derive(Deserialize)]
    struct Head {
        schema: String,
        version: SchemaVersion,
    }
    let head: Head = read_json(path::MANIFEST, bytes)?;
    if head.schema != SCHEMA_NAME {
        return Err(ReadError::Schema(head.schema));
    }
    if head.version.major > SCHEMA_VERSION.major {
        return Err(ReadError::Newer(head.version));
    }
    read_json(path::MANIFEST, bytes)
}

/// Reads any other JSON file; `file` is its path, for the message.
///
/// # Errors
/// If it is not JSON, or a field is missing or of another type.
pub fn read_json<T: DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<T, ReadError> {
    serde_json::from_slice(bytes).map_err(|source| ReadError::Json { file: file.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_layout_is_refused_by_its_number() {
        let json = br#"{"schema": "cellprism-bundle", "version": {"major": 9, "minor": 1}, "files": 3}"#;
        let error = read_manifest(json).unwrap_err().to_string();
        assert!(error.contains("9.1") && error.contains("newer cellprism"), "{error}");
    }

    #[test]
    fn another_schema_and_no_json_are_refused() {
        let json = br#"{"schema": "zarr", "version": {"major": 1, "minor": 0}}"#;
        assert!(read_manifest(json).unwrap_err().to_string().contains("\"zarr\""));
        assert!(read_manifest(b"\x00").unwrap_err().to_string().starts_with("manifest.json: "));
    }
}
