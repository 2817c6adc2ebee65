//! Why a file could not be had.

use std::io;

/// Why a file could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The connection does not come about, or broke again and again.
    #[error("the connection failed: {0}")]
    Network(String),
    /// The server does not give it.
    #[error("the server answers {0}")]
    Refused(reqwest::StatusCode),
    /// The server has something else under this address.
    #[error(
        "the server offers {offered} bytes, the catalogue says {known}: it is another file, and nothing of it was fetched"
    )]
    OtherSize {
        /// What the server says.
        offered: u64,
        /// What the catalogue says.
        known: u64,
    },
    /// More came than the server had announced, or the catalogue knows.
    #[error("more came than the {0} bytes that it has: it is another file, and nothing of it was kept")]
    TooLong(u64),
    /// The digest is another one.
    #[error(
        "it has the SHA-256 {found}, the catalogue says {known}: it is another file, or was damaged on its way; nothing of it was kept"
    )]
    OtherDigest {
        /// Of what came.
        found: String,
        /// Of the catalogue.
        known: String,
    },
    /// The server's answer makes no sense.
    #[error("the server's answer makes no sense: {0}")]
    Confused(String),
    /// It does not fit on the disk.
    #[error(
        "{needed} bytes are needed, and the disk has {free} free: make room, or choose another place with --to"
    )]
    NoRoom {
        /// Bytes.
        needed: u64,
        /// Bytes.
        free: u64,
    },
    /// A file here.
    #[error(transparent)]
    File(#[from] io::Error),
}

impl FetchError {
    /// Whether what has come is part of a file that is wanted no more.
    pub(super) fn is_other_file(&self) -> bool {
        matches!(self, Self::OtherSize { .. } | Self::TooLong(_) | Self::OtherDigest { .. })
    }
}
