//! A vector of any length that is written as it comes: chunks are packed by several threads and go to the file at once.

use std::io::{self, Seek, Write};

use cellprism_core::parallel;
use flate2::{Compression, write::ZlibEncoder};

use super::{
    Address, Hdf5, Kind,
    index::{self, Chunk},
    message::{Header, Layout},
};

/// Elements of a chunk.
const CHUNK: usize = 1 << 15;
/// Chunks that are packed together.
const TOGETHER: usize = 16;
/// A shorter vector is not packed.
const LEAST: usize = 1024;

/// A vector being written.
pub(crate) struct Packed {
    kind: Kind,
    held: Vec<u32>,
    chunks: Vec<Chunk>,
}

impl Packed {
    /// Of elements of four bytes, given by their bits.
    pub(crate) fn new(kind: Kind) -> Self {
        debug_assert_eq!(kind.size(), 4);
        Self { kind, held: Vec::new(), chunks: Vec::new() }
    }

    /// Elements so far.
    pub(crate) fn len(&self) -> usize {
        self.chunks.len() * CHUNK + self.held.len()
    }

    /// Appends elements; full chunks go to the file.
    pub(crate) fn push<W: Write + Seek>(
        &mut self,
        file: &mut Hdf5<W>,
        words: impl IntoIterator<Item = u32>,
    ) -> io::Result<()> {
        self.held.extend(words);
        if self.held.len() >= CHUNK * TOGETHER {
            self.pack(file, self.held.len() / CHUNK)?;
        }
        Ok(())
    }

    fn pack<W: Write + Seek>(&mut self, file: &mut Hdf5<W>, chunks: usize) -> io::Result<()> {
        for first in (0..chunks).step_by(TOGETHER) {
            let held = &self.held[first * CHUNK..];
            let packed: Vec<io::Result<Vec<u8>>> = parallel::map(TOGETHER.min(chunks - first), |chunk| {
                shuffled(&held[chunk * CHUNK..(chunk + 1) * CHUNK])
            });
            for bytes in packed {
                self.chunks.push(chunk(file, &bytes?)?);
            }
        }
        self.held.drain(..chunks * CHUNK);
        Ok(())
    }

    /// Writes the rest, and the index.
    pub(crate) fn finish<W: Write + Seek>(
        mut self,
        file: &mut Hdf5<W>,
        attributes: &[(&str, &str)],
    ) -> io::Result<Address> {
        let length = self.len();
        if length < LEAST {
            let bytes: Vec<u8> = self.held.iter().flat_map(|word| word.to_le_bytes()).collect();
            return file.array(self.kind, &[length as u64], &bytes, attributes);
        }
        let elements = length.min(CHUNK);
        self.pack(file, self.held.len() / CHUNK)?;
        if !self.held.is_empty() {
            // A chunk is whole, whatever the vector's length.
            self.held.resize(elements, 0);
            self.chunks.push(chunk(file, &shuffled(&self.held)?)?);
        }
        let address = index::write(file, &self.chunks, elements as u64)?;
        let layout = Layout::Chunked { address, elements: elements as u32 };
        let header = Header::of_array(self.kind, &[length as u64], &layout)?;
        file.object(header, attributes)
    }
}

/// A zlib stream of the words' bytes as HDF5 shuffles them: all first bytes, all second ones, and so on. Most of such a plane is
/// alike, so that the fastest level gives nearly what the best one does.
fn shuffled(words: &[u32]) -> io::Result<Vec<u8>> {
    let mut stream = ZlibEncoder::new(Vec::new(), Compression::fast());
    let mut plane = vec![0; words.len()];
    for byte in 0..4 {
        plane.iter_mut().zip(words).for_each(|(to, word)| *to = word.to_le_bytes()[byte]);
        stream.write_all(&plane)?;
    }
    stream.finish()
}

fn chunk<W: Write + Seek>(file: &mut Hdf5<W>, bytes: &[u8]) -> io::Result<Chunk> {
    Ok(Chunk { bytes: bytes.len() as u32, address: file.append(bytes)? })
}
