//! Who works in a folder: the one that holds the lock on a file in it.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use super::marker::{Found, MARKER, Marker};
use crate::work::{sync, unnamed};

/// Held while a process works here; holds its number.
pub const LOCK: &str = "lock";
/// What a folder is called, within a hidden one, while it is removed.
pub const REMOVED: &str = "removed";
/// How often the folder is looked for again, where another process has just removed it.
const TRIES: usize = 100;

/// Somebody else works there.
#[derive(Debug, thiserror::Error)]
#[error("{} is being written by another run (process {process}): wait for it, or choose another --out", out.display())]
pub struct Held {
    /// The output.
    pub out: PathBuf,
    /// The number of the process.
    pub process: String,
}

/// The lock of a folder of ours, which is made where there is none.
///
/// # Errors
/// If another process holds it, the folder is somebody else's, or it cannot be made.
pub fn take(root: &Path, out: &Path, wanted: &Marker) -> anyhow::Result<File> {
    let path = root.join(LOCK);
    let failed = || format!("cannot write {}", root.display());
    for _ in 0..TRIES {
        match fs::symlink_metadata(root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match make(root, wanted) {
                // Another process has taken what was being made for left behind.
                Err(error) if error.kind() == io::ErrorKind::NotFound && sync::folder_of(root).is_dir() => {
                    continue;
                }
                made => made.with_context(failed)?,
            },
            Err(error) => return Err(error).with_context(failed),
            Ok(found) if !found.is_dir() => bail!(not_ours(root)),
            Ok(_) => {}
        }
        // Nothing of a folder without our marker is touched.
        if matches!(Marker::find(root).with_context(failed)?, Found::None) {
            if root.exists() {
                bail!(not_ours(root));
            }
            continue;
        }
        let mut file = match open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(failed),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                bail!(Held { out: out.to_owned(), process: holder.trim().to_owned() });
            }
            // A file system without locks.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(error).with_context(failed),
        }
        // The process that held it may have removed the folder meanwhile.
        if is_same(&file, &path) {
            file.set_len(0).and_then(|()| file.rewind()).with_context(failed)?;
            writeln!(file, "{}", std::process::id()).with_context(failed)?;
            return Ok(file);
        }
    }
    bail!("{} comes and goes: is another run writing it?", root.display())
}

fn not_ours(root: &Path) -> String {
    format!(
        "{} is there already and no unfinished work of cellprism: move it away, or choose another --out",
        root.display()
    )
}

/// Opens the lock, or makes it; a link there would lead to somebody else's file.
fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NOFOLLOW.bits() as i32);
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{} is no file", path.display())));
    }
    Ok(file)
}

/// Makes the folder with marker and lock in one step, so that it is never there without.
fn make(root: &Path, wanted: &Marker) -> io::Result<()> {
    let parent = sync::folder_of(root);
    fs::create_dir_all(parent)?;
    let new = unnamed::folder_in(parent)?;
    let lock = File::create(new.path().join(LOCK))?;
    // While it is held, nobody takes the folder for left behind.
    if let Err(TryLockError::WouldBlock) = lock.try_lock() {
        return Err(io::ErrorKind::NotFound.into());
    }
    wanted.write(new.path())?;
    match fs::rename(new.path(), root) {
        Ok(()) => {
            let _ = new.keep();
            Ok(())
        }
        // Another process was faster: its folder is looked at.
        Err(_) if root.exists() => Ok(()),
        failed => failed,
    }
}

/// Removes a folder that this process holds. Its name goes while it holds a marker and a lock only: a kill meanwhile leaves
/// a folder that the next run takes up.
///
/// # Errors
/// If something cannot be removed.
pub fn remove(root: &Path) -> io::Result<()> {
    empty(root)?;
    for _ in 0..TRIES {
        // No room on a full disk.
        let Ok(aside) = unnamed::folder_in(sync::folder_of(root)) else {
            return fs::remove_dir_all(root);
        };
        match fs::rename(root, aside.path().join(REMOVED)) {
            Ok(()) => return gone(aside.close()),
            // Another process has taken the empty folder for left behind.
            Err(error) if error.kind() == io::ErrorKind::NotFound && root.exists() => {}
            Err(error) => return Err(error),
        }
    }
    fs::remove_dir_all(root)
}

/// Whether something is gone: another process may have removed it meanwhile.
pub fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes all but marker and lock.
///
/// # Errors
/// If something cannot be removed.
pub fn empty(root: &Path) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == LOCK || name == MARKER {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |found: fs::Metadata| (found.dev(), found.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(there)) => place(ours) == place(there),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_same(_: &File, path: &Path) -> bool {
    path.exists()
}
