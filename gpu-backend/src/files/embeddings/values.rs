//! Numbers `[n, d]` that are mapped from their file, or held where they cannot be.
//!
//! Training picks cells at random and passes over all of them hundreds of times: that wants an array, and reading by pieces
//! would mean shuffling on disk. Mapped, it is one, whose memory is the file's own cache: nothing is copied, the system takes it
//! back when something else needs it, and a run that goes on has it at once.

#![allow(unsafe_code)] // a file is mapped into memory

use std::{fs::File, io};

use memmap2::Mmap;
use ndarray::{Array2, ArrayView2};

/// Numbers of cells.
#[derive(Debug)]
pub enum Values {
    /// In memory.
    Held(Array2<f32>),
    /// In a file.
    Mapped(Mapped),
}

/// Numbers in a file.
#[derive(Debug)]
pub struct Mapped {
    map: Mmap,
    at: usize,
    rows: usize,
    columns: usize,
}

impl Values {
    /// Maps so many 32-bit numbers from byte `at` of a file on; nothing where they do not lie as numbers do in memory.
    ///
    /// # Errors
    /// If the file cannot be mapped, or ends before them.
    pub(super) fn map(file: &File, at: usize, rows: usize, columns: usize) -> io::Result<Option<Self>> {
        if cfg!(target_endian = "big") || !at.is_multiple_of(align_of::<f32>()) {
            return Ok(None);
        }
        // SAFETY: nobody writes into a file of embeddings: ours appear under their names when they are whole, and are replaced
        // by others, not changed. Who cuts off a mapped file ends this program, as with every program that maps one.
        let map = unsafe { Mmap::map(file)? };
        let end = rows.checked_mul(columns).and_then(|n| n.checked_mul(4)).and_then(|n| n.checked_add(at));
        if end.is_none_or(|end| end > map.len()) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mapped = Mapped { map, at, rows, columns };
        Ok(mapped.numbers().is_some().then_some(Self::Mapped(mapped)))
    }

    /// `[n, d]`.
    pub fn view(&self) -> ArrayView2<'_, f32> {
        match self {
            Self::Held(values) => values.view(),
            Self::Mapped(mapped) => mapped
                .numbers()
                .and_then(|numbers| ArrayView2::from_shape((mapped.rows, mapped.columns), numbers).ok())
                .expect("checked when it was mapped"),
        }
    }

    /// `[n, d]`, copied into memory where it is mapped.
    pub fn into_array(self) -> Array2<f32> {
        match self {
            Self::Held(values) => values,
            Self::Mapped(_) => self.view().to_owned(),
        }
    }

    /// Cells.
    pub fn nrows(&self) -> usize {
        self.dim().0
    }

    /// d.
    pub fn ncols(&self) -> usize {
        self.dim().1
    }

    /// Cells and d.
    pub fn dim(&self) -> (usize, usize) {
        match self {
            Self::Held(values) => values.dim(),
            Self::Mapped(mapped) => (mapped.rows, mapped.columns),
        }
    }

    /// Whether they are in a file, whose cache is not this program's memory.
    pub fn is_mapped(&self) -> bool {
        matches!(self, Self::Mapped(_))
    }
}

impl Mapped {
    fn numbers(&self) -> Option<&[f32]> {
        let bytes = self.map.get(self.at..self.at + 4 * self.rows * self.columns)?;
        bytemuck::try_cast_slice(bytes).ok()
    }
}
