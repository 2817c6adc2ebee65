//! Embeddings written some cells at a time.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use safetensors::Dtype;
use sha2::{Digest, Sha256};

use super::TENSOR;
use crate::files::tensors::header;

/// A file that grows.
#[derive(Debug)]
pub struct Writer {
    file: BufWriter<File>,
    digest: Sha256,
    left: usize,
}

impl Writer {
    /// Begins a file of so many cells of size d. It is whole when [`Writer::finish`] has said so: put it where nobody looks
    /// before.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn create(path: &Path, rows: usize, columns: usize) -> io::Result<Self> {
        let file = BufWriter::new(File::create(path)?);
        let mut writer = Self { file, digest: Sha256::new(), left: rows * columns };
        let begin = header(&BTreeMap::new(), &[(TENSOR, Dtype::F32, &[rows, columns])]);
        writer.bytes(&begin)?;
        Ok(writer)
    }

    /// Appends some cells.
    ///
    /// # Errors
    /// If they cannot be written, or are more than was said.
    pub fn write(&mut self, values: &[f32]) -> io::Result<()> {
        self.left = self.left.checked_sub(values.len()).ok_or(io::ErrorKind::InvalidInput)?;
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.bytes(&bytes)
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.file.write_all(bytes)
    }

    /// Brings all to the disk; the SHA-256 of the file in hexadecimal digits.
    ///
    /// # Errors
    /// If that fails, or cells are missing.
    pub fn finish(self) -> io::Result<String> {
        if self.left > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(format!("{:x}", self.digest.finalize()))
    }
}
