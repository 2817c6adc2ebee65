//! Where output may go: a new name, or a regular file or folder. Never a device, a pipe or a link, which would be replaced.

use std::{fs, io, path::Path};

/// Refuses a path that a file must not be written to.
///
/// # Errors
/// Says what is there.
pub fn for_file(path: &Path) -> io::Result<()> {
    check(path, "a file", |found| found.is_file())
}

/// Refuses a path that a folder must not be written to.
///
/// # Errors
/// Says what is there.
pub fn for_folder(path: &Path) -> io::Result<()> {
    check(path, "a folder", |found| found.is_dir())
}

fn check(path: &Path, wanted: &str, fits: fn(&fs::FileType) -> bool) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if fits(&found) {
        return Ok(());
    }
    let there = match () {
        () if found.is_symlink() => "a link",
        () if found.is_dir() => "a folder",
        () if found.is_file() => "a file",
        () => "a device or a pipe",
    };
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        format!("{} is {there}, and would be replaced by {wanted}: choose another name", path.display()),
    ))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn links_and_folders_are_no_files() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "x").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(for_file(&file).is_ok() && for_file(&folder.path().join("new")).is_ok());
        assert!(for_file(&link).unwrap_err().to_string().contains("a link"));
        assert!(for_file(folder.path()).unwrap_err().to_string().contains("a folder"));
        assert!(for_file(Path::new("/dev/null")).unwrap_err().to_string().contains("a device"));
        assert!(for_folder(&file).is_err() && for_folder(folder.path()).is_ok());
    }
}
