//! What can go wrong with the database.

use rusqlite::{ErrorCode, ffi};

/// Why something could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another program holds the database; asking again later helps.
    #[error("the server's database is locked by another program; try again in a moment")]
    Busy,
    /// The disk is full.
    #[error("the disk of the server is full: make room there, then ask again")]
    Full,
    /// The file may not be written to.
    #[error(
        "the server's database cannot be written to: its folder is read-only; make it writable there, then ask again"
    )]
    ReadOnly,
    /// The file was written by a newer program.
    #[error("the database is of version {found}, this program knows up to {known}: use the newer cellprism")]
    Newer {
        /// Its version.
        found: i64,
        /// The newest that is known.
        known: i64,
    },
    /// The system has no generator of random numbers.
    #[error("the system gives no random numbers: {0}")]
    NoRandomness(String),
    /// A value in the database cannot be what was written.
    #[error("the database holds a value that cannot be read: {0}")]
    Damaged(String),
    /// Anything else that SQLite says.
    #[error("the server's database: {0}")]
    Other(rusqlite::Error),
}

impl From<rusqlite::Error> for StateError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::Full,
            // What a full disk makes of the shared index of the log.
            Some(ErrorCode::SystemIoFailure) if extended(&error) == Some(ffi::SQLITE_IOERR_SHMSIZE) => {
                Self::Full
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly,
            _ => Self::Other(error),
        }
    }
}

impl StateError {
    /// Whether the same question may be answered once somebody else has let go, or made room.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Busy | Self::Full | Self::ReadOnly)
    }
}

fn extended(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}

impl From<serde_json::Error> for StateError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}
