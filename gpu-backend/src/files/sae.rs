//! A sparse autoencoder's folder in the SAELens layout: `cfg.json`, `sae_weights.safetensors`.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use cellprism_core::sae::{SaeConfig, SaeWeights, WeightsError};

use crate::work::regular;

/// Sizes and conventions.
pub const CONFIG: &str = "cfg.json";
/// The numbers.
pub const WEIGHTS: &str = "sae_weights.safetensors";

/// Why a folder cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SaeError {
    /// A file cannot be read or written.
    #[error("{path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// A file is damaged, or the two do not fit.
    #[error("{folder}")]
    Weights {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        source: WeightsError,
    },
    /// The weights are not of the size that `cfg.json` gives.
    #[error("{path}: {found} bytes, but cfg.json describes weights of about {expected}")]
    Size {
        /// The file.
        path: PathBuf,
        /// Its size.
        found: u64,
        /// The size by `cfg.json`.
        expected: u64,
    },
}

/// Most bytes that `cfg.json`, or anything besides the numbers in the weights, may have.
const MOST_TEXT: u64 = 1 << 24;

/// Reads a folder. Sizes are compared before the weights are read.
///
/// # Errors
/// If a file is missing or damaged, or the two do not fit.
pub fn read(folder: &Path) -> Result<SaeWeights, SaeError> {
    let weights = |source: WeightsError| SaeError::Weights { folder: folder.to_owned(), source };
    let json = bounded(&folder.join(CONFIG), MOST_TEXT)?;
    let config = SaeConfig::from_json(&json).map_err(|e| weights(e.into()))?;
    let (d, c) = (config.d_in as u64, config.d_sae as u64);
    let expected = 4 * (2 * d * c + d + c);
    let path = folder.join(WEIGHTS);
    let found = fs::metadata(&path).map_err(|source| SaeError::Io { path: path.clone(), source })?.len();
    if found < expected || found > expected + MOST_TEXT {
        return Err(SaeError::Size { path, found, expected });
    }
    SaeWeights::from_safetensors(&json, &bounded(&path, expected + MOST_TEXT)?).map_err(weights)
}

/// Writes both files into an existing folder.
///
/// # Errors
/// If a weight is not finite or a file cannot be written.
pub fn write(folder: &Path, weights: &SaeWeights) -> Result<(), SaeError> {
    let (json, tensors) =
        weights.to_safetensors().map_err(|source| SaeError::Weights { folder: folder.to_owned(), source })?;
    for (name, content) in [(CONFIG, json.as_bytes()), (WEIGHTS, &tensors)] {
        let path = folder.join(name);
        let written = File::create(&path).and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        });
        written.map_err(|source| SaeError::Io { path, source })?;
    }
    Ok(())
}

fn bounded(path: &Path, most: u64) -> Result<Vec<u8>, SaeError> {
    let io = |source| SaeError::Io { path: path.to_owned(), source };
    let mut content = Vec::new();
    regular::open(path).map_err(io)?.take(most + 1).read_to_end(&mut content).map_err(io)?;
    if content.len() as u64 > most {
        return Err(SaeError::Size { path: path.to_owned(), found: content.len() as u64, expected: most });
    }
    Ok(content)
}
