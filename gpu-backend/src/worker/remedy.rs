//! Errors in words. What a job cannot help gets what to do about it.

use std::io;

/// An error with all its causes; of a full disk and a read-only folder it is said that the job can be retried.
///
/// ```
/// use cellprism_gpu_backend::worker::with_remedy;
/// let full = anyhow::Error::from(std::io::Error::from(std::io::ErrorKind::StorageFull)).context("cannot write a.json");
/// assert!(with_remedy(&full).starts_with("cannot write a.json: ") && with_remedy(&full).contains("make room"));
/// ```
pub fn with_remedy(error: &anyhow::Error) -> String {
    let said = format!("{error:#}");
    let kind = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    let remedy = match kind {
        Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge) => {
            "the disk of the server is full: make room there and retry the job, which goes on from its finished parts"
        }
        Some(io::ErrorKind::ReadOnlyFilesystem) => {
            "a folder of the server is read-only: make it writable there and retry the job"
        }
        _ => return said,
    };
    format!("{said}; {remedy}")
}
