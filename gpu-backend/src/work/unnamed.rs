//! Files and folders that are not whole yet, under hidden names that nobody else has. Where they cannot be made, the error is
//! the system's: whoever asks names the output, and not the hidden name.

use std::{io, path::Path};

use tempfile::{NamedTempFile, TempDir};

const PREFIX: &str = ".";
const SUFFIX: &str = ".partial";
/// Letters and digits between them.
const DRAWN: usize = 6;

/// A file in a folder.
///
/// # Errors
/// If it cannot be made.
pub fn file_in(folder: &Path) -> io::Result<NamedTempFile> {
    builder(0o666).tempfile_in(folder).map_err(of_the_system)
}

/// A folder in another one.
///
/// # Errors
/// If it cannot be made.
pub fn folder_in(folder: &Path) -> io::Result<TempDir> {
    builder(0o777).tempdir_in(folder).map_err(of_the_system)
}

/// Whether a name is of this kind.
pub fn is_unnamed(name: &str) -> bool {
    let drawn = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
    drawn.is_some_and(|drawn| drawn.len() == DRAWN && drawn.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// The mode is the ordinary one, less what the umask takes away: by itself `tempfile` lets nobody but the owner read, and a
/// web server is somebody else.
fn builder(mode: u32) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(DRAWN);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder
}

/// The error without the hidden name, which `tempfile` puts behind the system's words.
fn of_the_system(error: io::Error) -> io::Error {
    match error.to_string().rsplit_once(" at path \"") {
        Some((words, _)) => io::Error::new(error.kind(), words.to_owned()),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_name_is_known_again_and_told_to_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let (file, inner) = (file_in(folder.path()).unwrap(), folder_in(folder.path()).unwrap());
        for path in [file.path(), inner.path()] {
            assert!(is_unnamed(&path.file_name().unwrap().to_string_lossy()), "{}", path.display());
        }
        for other in
            ["out.partial", ".partial", ".my-thesis.partial", ".abc12.partial", ".abc 12.partial", ".abcdef"]
        {
            assert!(!is_unnamed(other), "{other}");
        }
        let nowhere = folder.path().join("nowhere");
        for error in [file_in(&nowhere).unwrap_err(), folder_in(&nowhere).unwrap_err()] {
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
            assert!(!error.to_string().contains(SUFFIX), "{error}");
        }
    }
}
