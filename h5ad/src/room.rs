//! How much memory reading may take. A program has a machine's; a page shares a tab with everything else.

/// Limits of memory. What is larger is refused in words, or read in several passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes of an array that is read whole (names, codes, row pointers) in any file …
    pub(crate) whole: u64,
    /// … or so many times the file …
    pub(crate) whole_expansion: u64,
    /// … but never more.
    pub(crate) largest_whole: u64,
    /// Bytes of a chunk that is unpacked in any file …
    pub(crate) chunk: u64,
    /// … or so many times the file (the counts of a few thousand cells as one chunk are packed about as tightly) …
    pub(crate) chunk_expansion: u64,
    /// … but never more.
    pub(crate) largest_chunk: u64,
    /// Decompressed chunks kept per array: neighbouring windows share one.
    pub(crate) cache: usize,
    /// Aimed-at bytes of what is read at once.
    pub(crate) window: u64,
    /// Most entries of a matrix stored by columns that are turned to rows in one pass over the file (8 bytes each).
    pub(crate) pass_entries: u64,
}

impl Room {
    /// That of a program.
    pub const MACHINE: Self = Self {
        whole: 256 << 20,
        whole_expansion: 32,
        largest_whole: u64::MAX,
        chunk: 64 << 20,
        chunk_expansion: 64,
        largest_chunk: 1 << 30,
        cache: 32 << 20,
        window: 8 << 20,
        pass_entries: 64 << 20,
    };

    /// That of a page: all together stays below 300 MB with two million cells.
    pub const PAGE: Self = Self {
        whole: 224 << 20,
        whole_expansion: 0,
        largest_whole: 224 << 20,
        chunk: 48 << 20,
        chunk_expansion: 0,
        largest_chunk: 48 << 20,
        cache: 12 << 20,
        window: 2 << 20,
        pass_entries: 6 << 20,
    };

    /// Largest array that is held whole, of a file of so many bytes.
    pub(crate) fn largest_whole(&self, bytes: u64) -> u64 {
        self.whole.max(bytes.saturating_mul(self.whole_expansion)).min(self.largest_whole)
    }

    /// Largest chunk that is unpacked, of a file of so many bytes.
    pub(crate) fn largest_chunk(&self, bytes: u64) -> u64 {
        self.chunk.max(bytes.saturating_mul(self.chunk_expansion)).min(self.largest_chunk)
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::MACHINE
    }
}
