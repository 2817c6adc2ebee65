//! Input comes from regular files. A pipe would be waited for, a device read without end, and neither has a size that
//! could be checked before memory is taken.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

/// Most bytes of settings: a configuration, a table of trainings, a token.
pub const SETTINGS: u64 = 1 << 20;
/// Most bytes of a list with a name or number a line.
pub const LIST: u64 = 64 << 20;
/// Most bytes of tensors that are read whole: published models have up to a few gigabytes.
pub const TENSORS: u64 = 64 << 30;

/// Opens a file to read, which must be a regular one (or a link to one).
///
/// # Errors
/// If it is something else, is not there, or may not be read.
pub fn open(path: &Path) -> io::Result<File> {
    // Before it is opened: opening a pipe waits for somebody who writes.
    check(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

/// All bytes of a regular file that has at most `most`.
///
/// # Errors
/// As [`open`], and if it is larger.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let size = file.metadata()?.len();
    let too_large = |size: u64| {
        let what = format!("it has {size} bytes; at most {most} are read here");
        Err(io::Error::new(io::ErrorKind::FileTooLarge, what))
    };
    if size > most {
        return too_large(size);
    }
    // Some files of the system say nothing of their size.
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    file.take(most.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() as u64 > most { too_large(content.len() as u64) } else { Ok(content) }
}

/// The text of a regular file that has at most `most` bytes.
///
/// # Errors
/// As [`read`], and if it is not UTF-8.
pub fn text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("it is not text: {error}")))
}

fn check(about: &fs::Metadata) -> io::Result<()> {
    if about.is_file() {
        return Ok(());
    }
    let what = if about.is_dir() { "a folder" } else { "a pipe, socket or device" };
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("it is {what}; only regular files are read: save it to one first"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_known_before_a_byte_is_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "genes").unwrap();
        assert_eq!(text(file.path(), 5).unwrap(), "genes");
        assert!(read(file.path(), 4).unwrap_err().to_string().contains("at most 4"));
        fs::write(file.path(), [0xff]).unwrap();
        assert!(text(file.path(), 5).unwrap_err().to_string().contains("not text"));
        let folder = read(std::env::temp_dir().as_path(), 5).unwrap_err().to_string();
        assert!(folder.contains("it is a folder"), "{folder}");
    }

    #[cfg(unix)]
    #[test]
    fn devices_and_pipes_are_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        for path in [Path::new("/dev/zero"), &pipe] {
            let error = read(path, u64::MAX).unwrap_err().to_string();
            assert!(error.contains("only regular files"), "{error}");
        }
    }
}
