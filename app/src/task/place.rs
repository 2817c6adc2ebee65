//! Where a job runs: what it reads and writes beside its files. In the page a worker, in tests memory.

use std::sync::Arc;

use cellprism_h5ad::{Source, SourceError};

use super::Said;

/// Where a job runs.
pub trait Place {
    /// Tells the page something before the answer.
    fn say(&mut self, said: Said);

    /// The reader's own file.
    ///
    /// # Errors
    /// If none was sent along.
    fn own(&self) -> Result<Slices, String>;

    /// Adds to a file that the reader can save; it is not held in this program's memory.
    fn write(&mut self, file: &str, text: &str);

    /// Bytes of memory that have been taken, at most, where that is known.
    fn memory(&self) -> u64;
}

/// A file that is read by slices.
#[derive(Clone)]
pub struct Slices(Arc<dyn Source + Send + Sync>);

impl std::fmt::Debug for Slices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Slices({} bytes)", self.len())
    }
}

impl Slices {
    /// From what supplies the bytes.
    pub fn new(source: impl Source + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// Some bytes, fewer at the end.
    ///
    /// # Errors
    /// In words, if they cannot be read.
    pub fn some(&self, at: u64, most: usize) -> Result<Vec<u8>, String> {
        let most = usize::try_from(self.len().saturating_sub(at)).unwrap_or(usize::MAX).min(most);
        let mut bytes = vec![0; most];
        self.read_at(at, &mut bytes).map_err(|error| format!("the file cannot be read: {error}"))?;
        Ok(bytes)
    }
}

impl Source for Slices {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.0.read_at(offset, buffer)
    }
}

/// Bytes in memory.
impl From<Vec<u8>> for Slices {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(Held(bytes))
    }
}

struct Held(Vec<u8>);

impl Source for Held {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let found = start.checked_add(buffer.len()).and_then(|end| self.0.get(start..end));
        let found = found.ok_or_else(|| SourceError::Source("past the end of the file".into()))?;
        buffer.copy_from_slice(found);
        Ok(())
    }
}

/// A place in memory, for tests and programs.
#[derive(Debug, Default)]
pub struct Memory {
    /// The reader's file.
    pub own: Option<Slices>,
    /// What was said.
    pub said: Vec<Said>,
    /// What was written.
    pub written: std::collections::BTreeMap<String, String>,
}

impl Place for Memory {
    fn say(&mut self, said: Said) {
        self.said.push(said);
    }

    fn own(&self) -> Result<Slices, String> {
        self.own.clone().ok_or_else(|| "no file was sent along".into())
    }

    fn write(&mut self, file: &str, text: &str) {
        self.written.entry(file.to_owned()).or_default().push_str(text);
    }

    fn memory(&self) -> u64 {
        0
    }
}
