//! What can go wrong with the database.

use rusqlite::ErrorCode;

/// Why something could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another program holds the database; asking again later helps.
    #[error("the server's database is locked by another program; try again in a moment")]
    Busy,
    /// The disk is full.
    #[error("the disk of the server is full")]
    Full,
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
            Some(ErrorCode::SystemIoFailure) if error.to_string().contains("full") => Self::Full,
            _ => Self::Other(error),
        }
    }
}

impl From<serde_json::Error> for StateError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}
