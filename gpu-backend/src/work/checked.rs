//! Parts of unfinished work, each with its checksum before it. Nobody waits for the disk: what a power cut or anything else
//! damages is noticed and made again.

use std::{fs, io, io::Write, path::Path};

use sha2::{Digest, Sha256};

use super::{sync, unnamed};

/// Writes a part; a kill leaves the old one or the new one.
///
/// # Errors
/// If it cannot be written.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = sync::folder_of(path);
    fs::create_dir_all(folder)?;
    let mut file = unnamed::file_in(folder)?;
    file.write_all(format!("{:x}\n", Sha256::digest(content)).as_bytes())?;
    file.write_all(content)?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// A part, if it is there and whole; what is damaged is said.
pub fn read(path: &Path) -> Option<Vec<u8>> {
    let mut whole = fs::read(path).ok()?;
    let line = whole.iter().position(|&byte| byte == b'\n');
    let content = line.map(|at| whole.split_off(at + 1));
    whole.pop();
    let found = content.filter(|content| whole == format!("{:x}", Sha256::digest(content)).as_bytes());
    if found.is_none() {
        tracing::warn!("{} is damaged and made again", path.display());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_whole_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in/part");
        assert_eq!(read(&path), None);
        for content in [&b""[..], b"\n", b"a part\nof two lines"] {
            write(&path, content).unwrap();
            assert_eq!(read(&path).as_deref(), Some(content));
            let good = fs::read(&path).unwrap();
            for at in 0..good.len() {
                let mut bad = good.clone();
                bad[at] ^= 4;
                fs::write(&path, &bad).unwrap();
                assert_eq!(read(&path), None, "byte {at}");
                fs::write(&path, &good[..at]).unwrap();
                assert_eq!(read(&path), None, "cut at {at}");
            }
        }
    }
}
