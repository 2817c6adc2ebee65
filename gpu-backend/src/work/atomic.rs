//! A file of a folder that this process works in, written so that it is whole or not there.

use std::{fs, io, io::Write, path::Path};

use super::{sync, target, unnamed};

/// Writes `content` to `path`, a file of a folder that this process works in, so that a reader, or a crash, never sees half
/// of it. An output of its own is an `OutputFile`.
///
/// # Errors
/// If the folder cannot be written to, or a link, a device or a folder is there. Nothing is left under the final name then.
pub fn write_file(path: &Path, content: &[u8]) -> io::Result<()> {
    target::for_file(path)?;
    let folder = sync::folder_of(path);
    fs::create_dir_all(folder)?;
    let mut file = unnamed::file_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    sync::one(folder)
}
