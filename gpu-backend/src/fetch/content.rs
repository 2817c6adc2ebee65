//! What has come of a file, and its digest.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
    path::Path,
};

use sha2::{Digest as _, Sha256};

/// The beginning of a file, on the disk.
pub struct Content {
    file: File,
    sum: Sha256,
    at: u64,
}

impl Content {
    /// What came before, read once for its digest; or nothing yet.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut content = Self { file, sum: Sha256::new(), at: 0 };
        let mut piece = vec![0; 1 << 20];
        loop {
            match content.file.read(&mut piece)? {
                0 => return Ok(content),
                n => {
                    content.sum.update(&piece[..n]);
                    content.at += n as u64;
                }
            }
        }
    }

    /// Bytes that are here.
    pub fn len(&self) -> u64 {
        self.at
    }

    /// Adds what came next.
    pub fn append(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file.write_all(piece)?;
        self.sum.update(piece);
        self.at += piece.len() as u64;
        Ok(())
    }

    /// Forgets all of it.
    pub fn begin_anew(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        (self.sum, self.at) = (Sha256::new(), 0);
        Ok(())
    }

    /// The digest of what is here.
    pub fn sha256(&self) -> String {
        format!("{:x}", self.sum.clone().finalize())
    }
}
