//! What is removed, and when there is no room for more.

use std::{fs, io, path::Path};

use walkdir::WalkDir;

use super::Backend;
use crate::{
    state::{JobState, StateError, now},
    work::room::free,
};

/// What is left free for the database and for work that goes on.
const RESERVE: u64 = 64 << 20;
/// How long the audit log is kept.
const AUDIT: i64 = 400 * 24 * 3600;

/// Why something does not fit.
#[derive(Debug, thiserror::Error)]
pub enum NoRoom {
    /// The disk.
    #[error(
        "the disk of the server is full: {needed} bytes are needed beside {RESERVE} for the database, and {free} are free; \
         make room there, then ask again"
    )]
    Disk {
        /// Bytes.
        needed: u64,
        /// Bytes.
        free: u64,
    },
    /// The server's own limit.
    #[error("{needed} bytes are needed; of the {quota} that this server keeps (--quota), {used} are used")]
    Quota {
        /// Bytes.
        needed: u64,
        /// Bytes.
        quota: u64,
        /// Bytes.
        used: u64,
    },
    /// It cannot be known.
    #[error(transparent)]
    State(#[from] StateError),
}

impl Backend {
    /// Refuses what would not fit on the disk or into the quota, together with what was promised to other uploads.
    ///
    /// # Errors
    /// If it does not fit.
    pub fn has_room(&self, needed: u64) -> Result<(), NoRoom> {
        self.disk_has_room(needed)?;
        if let Some(quota) = self.settings.quota {
            let used = size(self.folder.root()).saturating_add(self.open_promises()?);
            if used.saturating_add(needed) > quota {
                return Err(NoRoom::Quota { needed, quota, used });
            }
        }
        Ok(())
    }

    /// Refuses what would not fit on the disk, beside what is left free for the database.
    ///
    /// # Errors
    /// If it does not fit.
    pub fn disk_has_room(&self, needed: u64) -> Result<(), NoRoom> {
        match free(self.folder.root()) {
            Some(free) if needed.saturating_add(RESERVE) > free => Err(NoRoom::Disk { needed, free }),
            _ => Ok(()),
        }
    }

    /// Bytes that uploads were promised and have not sent yet.
    fn open_promises(&self) -> Result<u64, StateError> {
        let (promised, _) = self.store.promised(None)?;
        let sent = size(&self.folder.root().join("uploads"));
        Ok(promised.saturating_sub(sent))
    }
}

/// Bytes of all files of a folder.
fn size(root: &Path) -> u64 {
    let files = WalkDir::new(root).into_iter().flatten();
    files
        .filter_map(|entry| entry.metadata().ok())
        .filter(fs::Metadata::is_file)
        .map(|found| found.len())
        .sum()
}

/// Removes what nobody needs: uploads whose time is over, old results that nobody has pinned, and files without a name in
/// the database, which a kill has left.
///
/// # Errors
/// If something cannot be removed; the rest is removed next time.
pub fn tidy(backend: &Backend) -> anyhow::Result<()> {
    let store = &backend.store;
    for upload in store.expired_uploads()? {
        let Some(()) = sure(fs::remove_file(backend.folder.upload(&upload.id)))? else { continue };
        store.forget_upload(&upload.id)?;
    }
    if let Some(seconds) = backend.settings.result_seconds {
        for job in store.jobs(None, u32::MAX)? {
            let old = job.state.is_final() && job.finished.is_some_and(|at| at < now() - seconds);
            if old && !job.pinned {
                backend.remove_results(&job.id)?;
                store.forget_job(&job.id)?;
                tracing::info!(job = job.id, "an old result was removed");
            }
        }
    }
    store.forget_acts(AUDIT)?;
    strays(backend)
}

/// Files of a request that was killed between the disk and the database. What was written in the last hour may be on its way.
fn strays(backend: &Backend) -> anyhow::Result<()> {
    let root = backend.folder.root();
    let old = |path: &Path| {
        let changed = fs::metadata(path).and_then(|found| found.modified());
        changed.is_ok_and(|at| at.elapsed().is_ok_and(|since| since.as_secs() > 3600))
    };
    for entry in fs::read_dir(root.join("uploads"))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if old(&entry.path()) && backend.store.upload(&name)?.is_none() {
            sure(fs::remove_file(entry.path()))?;
        }
    }
    for entry in fs::read_dir(root.join("files"))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if old(&entry.path()) && !backend.store.is_file_named(&name)? {
            sure(fs::remove_file(entry.path()))?;
        }
    }
    for entry in fs::read_dir(root.join("bundles"))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let id = name.split('.').next().unwrap_or_default();
        let job = backend.store.job(id)?;
        let unwanted = job.is_none_or(|job| {
            name.ends_with(".gone") || job.state == JobState::Cancelled && name.ends_with(".partial")
        });
        if old(&entry.path()) && unwanted {
            sure(fs::remove_dir_all(entry.path()))?;
        }
    }
    Ok(())
}

/// What is gone already is removed, too.
fn sure(removed: io::Result<()>) -> io::Result<Option<()>> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(Some(())),
    }
}
