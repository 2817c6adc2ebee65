//! What must survive a power cut is brought to the disk: contents first, then the folders that name them.

use std::{fs::File, io, path::Path};

use walkdir::WalkDir;

/// From so many files on, the whole file system is synchronised at once: to wait for each costs milliseconds a file, for
/// all together hardly more than for one, though it waits for other programs' files, too.
const MANY: usize = 500;

/// Brings the content of a file, or the names in a folder, to the disk.
///
/// # Errors
/// If it cannot be opened, or the disk fails.
pub fn one(path: &Path) -> io::Result<()> {
    // Folders cannot be opened as files elsewhere; there the system keeps their names in order.
    if cfg!(not(unix)) && path.is_dir() {
        return Ok(());
    }
    File::open(path)?.sync_all()?;
    #[cfg(test)]
    tests::note(path);
    Ok(())
}

/// Brings a folder with all that is in it to the disk.
///
/// # Errors
/// As [`one`].
pub fn tree(root: &Path) -> io::Result<()> {
    let mut found = Vec::new();
    // Contents before the folder that names them.
    for entry in WalkDir::new(root).contents_first(true) {
        found.push(entry?.into_path());
    }
    #[cfg(target_os = "linux")]
    if found.len() > MANY {
        return Ok(rustix::fs::syncfs(File::open(root)?)?);
    }
    found.iter().try_for_each(|path| one(path))
}

/// The folder that names a path.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Brings the folder that names a path to the disk.
///
/// # Errors
/// As [`one`].
pub fn parent(path: &Path) -> io::Result<()> {
    one(folder_of(path))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{cell::RefCell, fs, path::PathBuf};

    use super::*;

    thread_local! {
        static DONE: RefCell<Vec<PathBuf>> = const { RefCell::new(Vec::new()) };
    }

    pub fn note(path: &Path) {
        DONE.with_borrow_mut(|done| done.push(path.to_owned()));
    }

    /// What was synchronised since this was last asked, in order.
    pub fn synchronised() -> Vec<PathBuf> {
        DONE.take()
    }

    #[test]
    fn contents_come_before_the_folders_that_name_them() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("inner")).unwrap();
        fs::write(at("inner/file"), "x").unwrap();
        tree(folder.path()).unwrap();
        assert_eq!(synchronised(), [at("inner/file"), at("inner"), folder.path().to_owned()]);
        for i in 0..=MANY {
            fs::write(at(&i.to_string()), "x").unwrap();
        }
        tree(folder.path()).unwrap();
        assert!(!cfg!(target_os = "linux") || synchronised().is_empty(), "all at once");
    }
}
