//! What every kind of file of a bundle can do: be written, and be read with its path in every message.

use safetensors::SafeTensors;
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

use super::{
    tensors::TensorError,
    version::{SCHEMA_NAME, SCHEMA_VERSION, SchemaVersion},
};

/// A kind of file.
pub trait File: Sized {
    /// The file's content.
    ///
    /// # Errors
    /// If arrays are not of the shapes that they claim.
    fn to_bytes(&self) -> Result<Vec<u8>, WriteError>;

    /// Reads it; `path` is where it was, for messages.
    ///
    /// # Errors
    /// If it is damaged, of another kind, or lacks something.
    fn from_bytes(path: &str, bytes: &[u8]) -> Result<Self, ReadError>;
}

/// A kind of file that is JSON and has no more to it.
pub trait JsonFile: Serialize + DeserializeOwned {}

impl<T: JsonFile> File for T {
    fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        Ok(serde_json::to_vec(self)?)
    }

    fn from_bytes(path: &str, bytes: &[u8]) -> Result<Self, ReadError> {
        parse(path, bytes)
    }
}

/// JSON whose errors name the file.
pub(super) fn parse<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, ReadError> {
    serde_json::from_slice(bytes).map_err(|source| ReadError::Json { file: path.to_owned(), source })
}

/// What `read` makes of a file's tensors; errors name the file.
pub(super) fn opened<T>(
    path: &str,
    bytes: &[u8],
    read: impl FnOnce(&SafeTensors<'_>) -> Result<T, TensorError>,
) -> Result<T, ReadError> {
    SafeTensors::deserialize(bytes)
        .map_err(TensorError::from)
        .and_then(|file| read(&file))
        .map_err(|source| ReadError::Tensors { file: path.to_owned(), source })
}

/// Why a file of a bundle cannot be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A value that JSON has no word for.
    #[error("it cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// An array of another shape than it claims.
    #[error("it cannot be written as safetensors: {0}")]
    Tensors(#[from] safetensors::SafeTensorError),
}

/// Why a file of a bundle cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Not JSON, or a field is missing or of another type.
    #[error("{file}: {source}")]
    Json {
        /// Path from the bundle's root.
        file: String,
        /// What is wrong and where.
        source: serde_json::Error,
    },
    /// Not safetensors, or an array is missing or of another type.
    #[error("{file}: {source}")]
    Tensors {
        /// Path from the bundle's root.
        file: String,
        /// What is wrong.
        source: TensorError,
    },
    /// A packed file that cannot be unpacked.
    #[error("{file}: {problem}")]
    Packed {
        /// Path from the bundle's root.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// Some other folder's manifest.
    #[error("manifest.json: its schema is {0:?}, not {SCHEMA_NAME:?}: this is no bundle of cellprism")]
    Schema(String),
    /// Written by a later release.
    #[error(
        "manifest.json: this bundle has layout {}.{}, and this program reads layouts up to {}.{}: use a newer cellprism",
        .0.major, .0.minor, SCHEMA_VERSION.major, SCHEMA_VERSION.minor
    )]
    Newer(SchemaVersion),
}

impl ReadError {
    /// What is wrong, without the file's path before it.
    pub fn problem(&self) -> String {
        match self {
            Self::Json { source, .. } => source.to_string(),
            Self::Tensors { source, .. } => source.to_string(),
            Self::Packed { problem, .. } => problem.clone(),
            Self::Schema(_) | Self::Newer(_) => {
                let text = self.to_string();
                text.strip_prefix("manifest.json: ").unwrap_or(&text).to_owned()
            }
        }
    }
}
