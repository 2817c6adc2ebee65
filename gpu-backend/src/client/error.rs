//! What the server, or the network, says.

/// Why a request gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server has refused it.
    #[error("the server says {status}: {detail}")]
    Refused {
        /// Its status.
        status: u16,
        /// What is wrong, where, and what to do.
        detail: String,
        /// Seconds after which the same request may do.
        retry_after: Option<u64>,
    },
    /// The connection failed.
    #[error("{0}")]
    Network(#[from] reqwest::Error),
    /// A file here cannot be read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// The answer is not what this program knows.
    #[error("an answer that this program does not understand: {0}")]
    Unknown(String),
}

impl ClientError {
    /// Whether the same request may do in a moment.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Network(_) => true,
            Self::Refused { status, .. } => matches!(status, 408 | 409 | 423 | 429 | 502 | 503 | 504),
            Self::File(_) | Self::Unknown(_) => false,
        }
    }
}
