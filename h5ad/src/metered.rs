//! What the HDF5 library may read to answer one question.
//!
//! The library bounds no walk by itself: an index whose nodes name each other can be walked in 2⁴⁰ ways, and a short
//! text can be referred to a million times. Every byte it sees comes through the source below, which counts and stops
//! it. In an undamaged file each structure has bytes of its own, so what a question needs is bounded by the file's size.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use hdf5_pure::{FormatError, Source};

/// Reads that a question may take in any file …
const READS: u64 = 100_000;
/// … and one more for so many bytes of the file: the smallest structure of HDF5, an entry of an index, has as many.
const READ_BYTES: u64 = 16;
/// Bytes that a question may take in any file …
const BYTES: u64 = 16 << 20;
/// … and the file so often.
const TIMES: u64 = 4;
/// Questions are cheap; all of those asked to open a file together may take so many times as much as one.
const OPENING: u64 = 32;
/// Deepest version 2 B-tree. The library descends one call a level, and 16 levels of the smallest nodes that it
/// writes hold more records than a file can have bytes.
const DEEPEST: u16 = 16;

/// Counts what has been read since the last question.
#[derive(Debug)]
pub(super) struct Meter {
    reads: AtomicU64,
    bytes: AtomicU64,
    before: AtomicU64,
    bytes_before: AtomicU64,
    opening: AtomicBool,
    most_reads: u64,
    most_bytes: u64,
}

impl Meter {
    fn new(length: u64) -> Self {
        Self {
            reads: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            before: AtomicU64::new(0),
            bytes_before: AtomicU64::new(0),
            opening: AtomicBool::new(true),
            most_reads: READS.saturating_add(length / READ_BYTES),
            most_bytes: BYTES.saturating_add(length.saturating_mul(TIMES)),
        }
    }

    /// A new question begins.
    pub(super) fn ask(&self) {
        self.before.fetch_add(self.reads.swap(0, Relaxed), Relaxed);
        self.bytes_before.fetch_add(self.bytes.swap(0, Relaxed), Relaxed);
    }

    /// From here on rows are read, as often as is needed: only single questions are bounded.
    pub(super) fn opened(&self) {
        self.opening.store(false, Relaxed);
    }

    fn count(&self, bytes: usize) -> Result<(), FormatError> {
        let reads = self.reads.fetch_add(1, Relaxed) + 1;
        let bytes = self.bytes.fetch_add(bytes as u64, Relaxed).saturating_add(bytes as u64);
        let all = |most: u64| most.saturating_mul(OPENING);
        let opening = self.opening.load(Relaxed);
        let too_much = reads > self.most_reads
            || bytes > self.most_bytes
            || opening
                && (self.before.load(Relaxed).saturating_add(reads) > all(self.most_reads)
                    || self.bytes_before.load(Relaxed).saturating_add(bytes) > all(self.most_bytes));
        if too_much {
            return Err(FormatError::Source(format!(
                "{reads} places and {bytes} bytes were read for it, more than an undamaged file of this size has: \
                 its structures refer to each other in circles or over and over"
            )));
        }
        Ok(())
    }
}

/// A file whose reads are counted.
pub(super) struct Metered<S> {
    file: S,
    meter: Arc<Meter>,
}

impl<S: Source> Metered<S> {
    /// The source, and its meter.
    pub(super) fn new(file: S) -> (Self, Arc<Meter>) {
        let meter = Arc::new(Meter::new(file.len()));
        (Self { file, meter: meter.clone() }, meter)
    }
}

impl<S: Source> Source for Metered<S> {
    fn len(&self) -> u64 {
        self.file.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), FormatError> {
        self.meter.count(buffer.len())?;
        // A cut file is told alike, whatever it is read from.
        let (expected, left) = (buffer.len(), self.file.len().saturating_sub(offset));
        if (expected as u64) > left {
            return Err(FormatError::UnexpectedEof { expected, available: left as usize });
        }
        self.file.read_at(offset, buffer)?;
        // The head of a version 2 B-tree: signature, version, type, node size (4), record size (2), depth (2).
        if let [b'B', b'T', b'H', b'D', _, _, _, _, _, _, _, _, low, high, ..] = buffer
            && u16::from_le_bytes([*low, *high]) > DEEPEST
        {
            let depth = u16::from_le_bytes([*low, *high]);
            return Err(FormatError::Source(format!(
                "a B-tree of {depth} levels; at most {DEEPEST} are read"
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use hdf5_pure::ReadSeekSource;

    use super::*;

    type InMemory = Metered<ReadSeekSource<Cursor<Vec<u8>>>>;

    fn metered(content: &[u8]) -> (InMemory, Arc<Meter>) {
        Metered::new(ReadSeekSource::new(Cursor::new(content.to_vec())).unwrap())
    }

    #[test]
    fn a_question_ends_where_the_file_cannot_have_more() {
        let (source, meter) = metered(&[7; 64]);
        for _ in 0..READS + 4 {
            source.read_exact_at(0, 1).unwrap();
        }
        let error = source.read_exact_at(0, 1).unwrap_err().to_string();
        assert!(error.contains("in circles"), "{error}");
        meter.ask();
        assert!(source.read_exact_at(0, 64).is_ok());
    }

    #[test]
    fn all_questions_of_an_opening_are_bounded_together() {
        let (source, meter) = metered(&[7; 1 << 20]);
        let mut whole = 0;
        while source.read_exact_at(0, 1 << 20).is_ok() {
            meter.ask();
            whole += 1;
        }
        assert_eq!(whole, OPENING * (16 + TIMES));
        meter.opened();
        meter.ask();
        assert!(source.read_exact_at(0, 1 << 20).is_ok(), "rows may be read as often as is needed");
    }

    #[test]
    fn a_deep_tree_is_refused_before_it_is_climbed() {
        let head = |depth: u16| {
            let mut bytes = b"BTHD\0\x05\0\x02\0\0\x0b\0".to_vec();
            bytes.extend(depth.to_le_bytes());
            metered(&bytes).0.read_exact_at(0, 14)
        };
        assert!(head(3).is_ok());
        assert!(head(40_000).unwrap_err().to_string().contains("40000 levels"));
    }
}
