//! What may be copied out of a checkpoint. Texts and tensors are referred to by number, so a small file can stand for
//! any amount of them: what is taken out is counted against what the file holds.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::CheckpointError;

/// So many times the file may be copied …
const TIMES: u64 = 16;
/// … and so many bytes from any file.
const BYTES: u64 = 32 << 20;

/// Counts what is copied out of one file.
#[derive(Debug)]
pub(super) struct Copies {
    what: &'static str,
    held: u64,
    copied: AtomicU64,
}

impl Copies {
    /// Of a file of so many bytes.
    pub(super) fn of(what: &'static str, held: usize) -> Self {
        Self { what, held: held as u64, copied: AtomicU64::new(0) }
    }

    /// Takes so many bytes more.
    ///
    /// # Errors
    /// If together they are more than any checkpoint needs.
    pub(super) fn take(&self, bytes: u64) -> Result<(), CheckpointError> {
        let limit = self.held.saturating_mul(TIMES).saturating_add(BYTES);
        let before = self.copied.fetch_add(bytes, Relaxed);
        if before.saturating_add(bytes) > limit {
            return Err(CheckpointError::Copies { what: self.what, limit, held: self.held });
        }
        Ok(())
    }
}
