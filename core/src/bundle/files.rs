//! `files.json`: sizes and checksums of per-concept files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::file::JsonFile;

/// Entries of per-concept files.
pub const FILES: &str = "files.json";

/// `files.json`: the entries of per-concept files, kept apart so that the first page does not load them.
pub type Files = BTreeMap<String, FileEntry>;

/// Size and checksum of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileEntry {
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
}

impl JsonFile for Files {}

impl FileEntry {
    /// Size and checksum of a content.
    pub fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, sha256: hex(&Sha256::digest(bytes)) }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
