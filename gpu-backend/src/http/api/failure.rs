//! What the queue and the database say, as problems.

use std::io;

use axum::http::StatusCode;

use crate::{
    http::problem::Problem,
    queue::{NoRoom, WorkerError},
    state::StateError,
};

impl From<StateError> for Problem {
    fn from(error: StateError) -> Self {
        match error {
            StateError::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()).retry_after(5),
            StateError::ReadOnly => {
                tracing::error!("{error}");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()).retry_after(60)
            }
            StateError::Full => Self::new(StatusCode::INSUFFICIENT_STORAGE, error.to_string()),
            error => {
                tracing::error!("{error}");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "the server's database cannot be used: see its log",
                )
            }
        }
    }
}

impl From<NoRoom> for Problem {
    fn from(error: NoRoom) -> Self {
        match error {
            NoRoom::State(error) => error.into(),
            full => Self::new(StatusCode::INSUFFICIENT_STORAGE, full.to_string()),
        }
    }
}

impl From<WorkerError> for Problem {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Refused(what) => Self::unprocessable(what),
            // What was sent has ended the process that looked at it: nobody knows more of it.
            WorkerError::Died(_) => Self::unprocessable(error.to_string()),
            WorkerError::NotStarted(_) => {
                tracing::error!("{error}");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()).retry_after(5)
            }
        }
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        if matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        ) {
            return Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "the disk of the server is full: make room there, then send it again",
            );
        }
        if error.kind() == io::ErrorKind::ReadOnlyFilesystem
            || error.kind() == io::ErrorKind::PermissionDenied
        {
            tracing::error!("a file of the server: {error}");
            let what = "the server's folder is read-only: make it writable there, then send it again";
            return Self::new(StatusCode::SERVICE_UNAVAILABLE, what).retry_after(60);
        }
        tracing::error!("a file of the server: {error}");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "a file of the server cannot be written or read: see its log",
        )
    }
}

/// Work off the threads that answer others.
pub async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => {
            tracing::error!("{error}");
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the request could not be worked on"))
        }
    }
}
