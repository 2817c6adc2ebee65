//! Why a checkpoint is refused.

use thiserror::Error;

/// Why a checkpoint is refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The archive is not one that `torch.save` writes.
    #[error("the archive is damaged or not written by torch.save: {0}")]
    Zip(String),
    /// The pickle inside is malformed.
    #[error("the pickle, byte {at}: {what}")]
    Pickle {
        /// Where in the pickle.
        at: usize,
        /// What is wrong.
        what: String,
    },
    /// The pickle asks for something other than tensors and plain data.
    #[error(
        "the pickle, byte {at}: refused {name}: only tensors and plain data are read, and nothing was executed"
    )]
    Refused {
        /// Where in the pickle.
        at: usize,
        /// The class, function or opcode.
        name: String,
    },
    /// The pickle is larger than any checkpoint's.
    #[error("the pickle, byte {at}: more than {limit} {what}; no checkpoint needs that")]
    TooMuch {
        /// Where in the pickle.
        at: usize,
        /// The limit.
        limit: usize,
        /// Of what.
        what: &'static str,
    },
    /// A small file stands for much more than it holds.
    #[error(
        "its {what} are referred to over and over: more than {limit} bytes of them would be copied from {held} bytes; no \
         checkpoint needs that"
    )]
    Copies {
        /// What would be copied.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// Bytes of the file.
        held: u64,
    },
    /// A tensor does not fit its storage, or has a type that cannot be read.
    #[error("tensor {name:?}: {what}")]
    Tensor {
        /// Its name.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// Something that the model needs is not in the file.
    #[error("{0}")]
    Missing(String),
}

impl CheckpointError {
    pub(crate) fn tensor(name: &str, what: impl Into<String>) -> Self {
        Self::Tensor { name: name.into(), what: what.into() }
    }
}
