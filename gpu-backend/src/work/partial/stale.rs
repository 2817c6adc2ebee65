//! What a kill leaves in the moment in which a folder of unfinished work is made or removed: a hidden folder beside the outputs,
//! with no more in it than a marker and a lock. Whoever works beside it next removes it.

use std::{
    fs::{self, DirEntry, File},
    io,
    path::Path,
};

use super::{
    lock::{LOCK, REMOVED, gone},
    marker::{Found, MARKER, Marker},
};
use crate::work::unnamed::is_unnamed;

/// Removes hidden folders of ours in `folder` that nobody works in. What else is there, and what cannot be removed, stays.
pub fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let hidden = is_unnamed(&entry.file_name().to_string_lossy());
        if hidden
            && entry.file_type().is_ok_and(|kind| kind.is_dir())
            && let Err(error) = gone(remove(&entry.path()))
        {
            tracing::debug!("{}: {error}", entry.path().display());
        }
    }
}

/// Removes a hidden folder, if it is one of ours and nobody holds its lock.
fn remove(hidden: &Path) -> io::Result<()> {
    let inner = hidden.join(REMOVED);
    let within = inner.is_dir();
    let root = if within { &inner } else { hidden };
    let parts: Vec<DirEntry> = fs::read_dir(root)?.collect::<io::Result<_>>()?;
    if parts.is_empty() && !within {
        // It stays if somebody puts something there meanwhile.
        return fs::remove_dir(hidden);
    }
    let alone = !within || fs::read_dir(hidden)?.count() == 1;
    if !(alone && parts.iter().all(is_part) && is_marked(root)?) {
        return Ok(());
    }
    let lock = match File::open(root.join(LOCK)) {
        Ok(lock) => Some(lock),
        // Half of it is removed.
        Err(error) if within && error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    // Held until it is gone: who is about to work there makes another one.
    if lock.as_ref().is_some_and(|lock| lock.try_lock().is_err()) {
        return Ok(());
    }
    fs::remove_dir_all(hidden)
}

/// Marker, lock, and a marker that was being written.
fn is_part(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
    is_file && (name == LOCK || name == MARKER || is_unnamed(&name.to_string_lossy()))
}

/// Whether the marker is ours; where there is none, the lock holds no more than the number of a process.
fn is_marked(root: &Path) -> io::Result<bool> {
    if root.join(MARKER).exists() {
        return Ok(matches!(Marker::find(root)?, Found::Whole(_)));
    }
    let lock = root.join(LOCK);
    Ok(!lock.exists()
        || fs::metadata(&lock)?.len() < 32
            && fs::read(&lock)?.iter().all(|b| b.is_ascii_digit() || *b == b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::{key::Key, partial::Partial};

    #[test]
    fn what_is_left_behind_goes_and_what_is_not_ours_or_at_work_stays() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str, lock: bool, marker: bool| {
            let path = folder.path().join(name);
            fs::create_dir_all(&path).unwrap();
            if lock {
                File::create(path.join(LOCK)).unwrap();
            }
            if marker {
                Marker::new("embed", &Key::default()).write(&path).unwrap();
            }
            path
        };
        // killed while a folder was made, step by step, and while one was removed
        make(".aaaaa1.partial", false, false);
        make(".aaaaa2.partial", true, false);
        make(".aaaaa3.partial", true, true);
        make(".aaaaa4.partial/removed", true, true);
        make(".aaaaa5.partial/removed", false, true);
        let theirs = [
            make(".bbbbb1.partial", true, true),
            make(".bbbbb2.partial", false, false),
            make(".bbbbb3.partial", true, false),
            make("bbbbb4.partial", true, true),
            make(".bbbbb5.partial/removed", true, true),
        ];
        for theirs in [&theirs[0], &theirs[1]] {
            fs::write(theirs.join("thesis.txt"), "mine").unwrap();
        }
        fs::write(theirs[2].join(LOCK), "mine").unwrap();
        fs::write(folder.path().join(".bbbbb5.partial/thesis.txt"), "mine").unwrap();
        fs::write(folder.path().join(".bbbbb6.partial"), "a file").unwrap();
        let at_work = [make(".ccccc1.partial", true, false), make(".ccccc2.partial/removed", true, true)];
        let held = at_work.each_ref().map(|path| File::open(path.join(LOCK)).unwrap());
        held.iter().for_each(|lock| lock.try_lock().unwrap());

        let names = || {
            let all = fs::read_dir(folder.path()).unwrap().flatten();
            let mut all: Vec<String> =
                all.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            all.sort();
            all
        };
        let kept = [
            ".bbbbb1.partial",
            ".bbbbb2.partial",
            ".bbbbb3.partial",
            ".bbbbb5.partial",
            ".bbbbb6.partial",
            ".ccccc1.partial",
            ".ccccc2.partial",
            "bbbbb4.partial",
        ];
        // whoever works beside it removes it
        drop(Partial::claim(&folder.path().join("out"), "embed").unwrap());
        assert_eq!(names(), kept);
        drop(held);
        sweep(folder.path());
        assert_eq!(names().len(), kept.len() - at_work.len());
    }
}
