//! One array of an HDF5 file, read a window of rows at a time and checked before memory is taken.

use hdf5_pure::{AttrValue, Dataset, Datatype, Layout, VlenStringReadOptions};

use super::{container::Container, error::H5adError};

/// Deflate cannot pack tighter than this; a dataset that claims more is not what its header says.
const LARGEST_EXPANSION: u64 = 1040;
/// Bytes of the file that a chunk takes at least: its address in the index.
const CHUNK_ENTRY: u64 = 8;
/// Most chunks of an array: their list is held in memory. Arrays of 10⁹ counts have tens of thousands.
const MOST_CHUNKS: u64 = 2_000_000;

/// What the elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    F32,
    Float,
    Integer,
    Bool,
    Text,
    VariableText,
    Record,
    Other,
}

/// An array whose shape agrees with what the file stores for it.
pub(super) struct Array {
    pub(super) name: String,
    pub(super) shape: Vec<u64>,
    pub(super) kind: Kind,
    pub(super) datatype: Datatype,
    dataset: Dataset,
    element_bytes: u64,
    window: u64,
    payload_limit: usize,
}

impl Array {
    pub(super) fn new(container: &Container, name: &str, dataset: Dataset) -> Result<Self, H5adError> {
        let failed = |error| container.damaged(name, error);
        let shape = dataset.shape().map_err(failed)?;
        let datatype = dataset.datatype().map_err(failed)?;
        let element_bytes = dataset.element_size().map_err(failed)?;
        let elements = shape.iter().try_fold(1u64, |product, &extent| product.checked_mul(extent));
        let claimed = elements.and_then(|elements| elements.checked_mul(element_bytes.max(1)));
        let too_large = || {
            let bytes = container.bytes;
            container
                .damaged(name, format!("its shape {shape:?} cannot be stored in a file of {bytes} bytes"))
        };
        let claimed = claimed.ok_or_else(too_large)?;
        let largest_chunk = container.room.largest_chunk(container.bytes);
        let (stored, chunk) = match dataset.layout().map_err(failed)? {
            Layout::Compact { size } => (size, None),
            Layout::Contiguous { address, size } => (if address.is_some() { size } else { 0 }, None),
            Layout::Chunked { chunk_shape, .. } => {
                let chunk =
                    chunk_shape.iter().try_fold(element_bytes.max(1), |product, &e| product.checked_mul(e));
                if chunk.is_none_or(|bytes| bytes > largest_chunk) {
                    let problem = format!(
                        "its chunks of {chunk_shape:?} are too large for a file of {} bytes; save it with smaller \
                         chunks",
                        container.bytes
                    );
                    return Err(container.damaged(name, problem));
                }
                let most = MOST_CHUNKS.min(1024 + container.bytes / CHUNK_ENTRY);
                if grid(&shape, &chunk_shape).is_none_or(|chunks| chunks > most) {
                    let problem = format!(
                        "its shape {shape:?} in chunks of {chunk_shape:?} makes more than {most} chunks; save it \
                         with larger chunks"
                    );
                    return Err(container.damaged(name, problem));
                }
                let chunks = dataset.chunks().map_err(failed)?;
                let stored = chunks.iter().fold(0u64, |sum, chunk| sum.saturating_add(chunk.storage_size));
                (stored.saturating_mul(LARGEST_EXPANSION), chunk_shape.first().copied())
            }
            _ => {
                return Err(
                    container.damaged(name, "a virtual dataset, which is not supported: save a plain copy")
                );
            }
        };
        if claimed > stored.min(container.bytes.saturating_mul(LARGEST_EXPANSION)) {
            return Err(too_large());
        }
        let row_bytes = shape.iter().skip(1).product::<u64>().saturating_mul(element_bytes).max(1);
        let window = (container.room.window / row_bytes).max(1);
        // Whole chunks, so that none is decompressed twice.
        let window = match chunk {
            Some(rows) if rows > window && rows.saturating_mul(row_bytes) <= largest_chunk => rows,
            Some(rows) if rows > 0 && rows <= window => window / rows * rows,
            _ => window,
        };
        Ok(Self {
            name: name.to_owned(),
            kind: kind(&datatype),
            shape,
            datatype,
            dataset,
            element_bytes,
            window,
            payload_limit: usize::try_from(container.bytes).unwrap_or(usize::MAX),
        })
    }

    /// Extent of the first dimension.
    pub(super) fn rows(&self) -> u64 {
        self.shape.first().copied().unwrap_or(1)
    }

    /// Refuses another number of rows than is known from elsewhere, before any is unpacked.
    pub(super) fn expect_rows(&self, container: &Container, rows: Option<u64>) -> Result<(), H5adError> {
        match rows {
            Some(rows) if rows != self.rows() => {
                Err(self.failed(container, format!("{} values for {rows} rows", self.rows())))
            }
            _ => Ok(()),
        }
    }

    /// Elements in a row.
    pub(super) fn row_elements(&self) -> u64 {
        self.shape.iter().skip(1).product()
    }

    /// Rows that are read at once.
    pub(super) fn window(&self) -> u64 {
        self.window
    }

    /// An attribute, if it is there and readable.
    pub(super) fn attr(&self, name: &str) -> Option<AttrValue> {
        self.dataset.attrs().ok()?.remove(name)
    }

    fn failed(&self, container: &Container, error: impl ToString) -> H5adError {
        container.damaged(&self.name, error)
    }

    fn expect_len<T>(&self, container: &Container, count: u64, values: Vec<T>) -> Result<Vec<T>, H5adError> {
        if values.len() as u64 == count.saturating_mul(self.row_elements()) {
            Ok(values)
        } else {
            Err(self
                .failed(container, format!("{} values read where {count} rows were asked for", values.len())))
        }
    }

    /// Refuses to hold an array whole that takes implausibly much memory for its file.
    fn check_whole(&self, container: &Container) -> Result<(), H5adError> {
        let elements = self.rows().saturating_mul(self.row_elements());
        let bytes = elements.saturating_mul(self.element_bytes.saturating_mul(2).max(unpacked(self.kind)));
        if bytes <= container.room.largest_whole(container.bytes) {
            Ok(())
        } else {
            Err(self.failed(
                container,
                format!("it takes {bytes} bytes of memory, from a file of {} bytes", container.bytes),
            ))
        }
    }

    /// Some rows as integers.
    pub(super) fn integers(
        &self,
        container: &Container,
        start: u64,
        count: u64,
    ) -> Result<Vec<i64>, H5adError> {
        if !matches!(self.kind, Kind::Integer | Kind::Bool) {
            return Err(self.failed(container, "expected whole numbers"));
        }
        container.ask();
        let values =
            self.dataset.read_i64_rows(start, count).map_err(|error| self.failed(container, error))?;
        self.expect_len(container, count, values)
    }

    /// Some rows of signed 32-bit integers as they are; nothing where they are of another type.
    pub(super) fn narrow_integers(
        &self,
        container: &Container,
        start: u64,
        count: u64,
    ) -> Result<Option<Vec<i32>>, H5adError> {
        match &self.datatype {
            Datatype::FixedPoint { size: 4, layout, .. } if layout.signed && layout.bit_precision == 32 => {}
            _ => return Ok(None),
        }
        container.ask();
        let values =
            self.dataset.read_i32_rows(start, count).map_err(|error| self.failed(container, error))?;
        self.expect_len(container, count, values).map(Some)
    }

    /// Some rows as numbers.
    pub(super) fn numbers(
        &self,
        container: &Container,
        start: u64,
        count: u64,
    ) -> Result<Vec<f64>, H5adError> {
        if !matches!(self.kind, Kind::F32 | Kind::Float | Kind::Integer | Kind::Bool) {
            return Err(self.failed(container, "expected numbers"));
        }
        container.ask();
        let values =
            self.dataset.read_f64_rows(start, count).map_err(|error| self.failed(container, error))?;
        self.expect_len(container, count, values)
    }

    /// Some rows of 32-bit numbers as they are.
    pub(super) fn floats(
        &self,
        container: &Container,
        start: u64,
        count: u64,
    ) -> Result<Vec<f32>, H5adError> {
        container.ask();
        let values =
            self.dataset.read_f32_rows(start, count).map_err(|error| self.failed(container, error))?;
        self.expect_len(container, count, values)
    }

    /// All integers.
    pub(super) fn all_integers(&self, container: &Container) -> Result<Vec<i64>, H5adError> {
        self.check_whole(container)?;
        self.windows(|start, count| self.integers(container, start, count))
    }

    /// All numbers.
    pub(super) fn all_numbers(&self, container: &Container) -> Result<Vec<f64>, H5adError> {
        self.check_whole(container)?;
        self.windows(|start, count| self.numbers(container, start, count))
    }

    /// All records as bytes.
    pub(super) fn all_bytes(&self, container: &Container) -> Result<Vec<u8>, H5adError> {
        self.check_whole(container)?;
        self.windows(|start, count| {
            container.ask();
            self.dataset.read_raw_rows(start, count).map_err(|error| self.failed(container, error))
        })
    }

    fn windows<T>(&self, read: impl Fn(u64, u64) -> Result<Vec<T>, H5adError>) -> Result<Vec<T>, H5adError> {
        let mut all = Vec::new();
        let mut start = 0;
        while start < self.rows() {
            let count = self.window.min(self.rows() - start);
            all.append(&mut read(start, count)?);
            start += count;
        }
        Ok(all)
    }

    /// All texts.
    pub(super) fn all_texts(&self, container: &Container) -> Result<Vec<String>, H5adError> {
        self.check_whole(container)?;
        container.ask();
        let texts = match self.kind {
            Kind::VariableText => {
                // The file holds every text, so together they cannot be longer than it.
                let limits = VlenStringReadOptions::new().with_max_payload_bytes(self.payload_limit);
                self.dataset.read_vlen_strings(limits)
            }
            Kind::Text => self.dataset.read_string(),
            _ => return Err(self.failed(container, "expected text")),
        };
        let texts = texts.map_err(|error| self.failed(container, error))?;
        self.expect_len(container, self.rows(), texts)
    }
}

/// Chunks that a shape is cut into; `None` where they cannot be counted.
fn grid(shape: &[u64], chunk: &[u64]) -> Option<u64> {
    shape.iter().zip(chunk).try_fold(1u64, |product, (&extent, &size)| {
        extent.checked_add(size.checked_sub(1)?)?.checked_div(size)?.checked_mul(product)
    })
}

/// Bytes of memory that an element takes while its array is read: as it is stored, as it is decoded, as it is kept.
fn unpacked(kind: Kind) -> u64 {
    match kind {
        // Stored, decoded, and with a place for "none".
        Kind::Integer | Kind::Bool => 32,
        Kind::F32 | Kind::Float => 24,
        // A reference to it, its place in a list of texts, and the smallest block of memory, twice.
        Kind::Text | Kind::VariableText => 96,
        Kind::Record | Kind::Other => 1,
    }
}

fn kind(datatype: &Datatype) -> Kind {
    match datatype {
        Datatype::FixedPoint { .. } => Kind::Integer,
        Datatype::FloatingPoint { size: 4, .. } => Kind::F32,
        Datatype::FloatingPoint { size: 8, .. } => Kind::Float,
        Datatype::Enumeration { members, .. }
            if is_bool(members.iter().map(|member| member.name.as_str())) =>
        {
            Kind::Bool
        }
        Datatype::String { .. } => Kind::Text,
        Datatype::VariableLength { is_string: true, .. } => Kind::VariableText,
        Datatype::Compound { .. } => Kind::Record,
        _ => Kind::Other,
    }
}

/// Whether an enumeration is how h5py writes truth values.
pub(super) fn is_bool<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let mut names: Vec<String> = names.map(str::to_uppercase).collect();
    names.sort();
    names == ["FALSE", "TRUE"]
}
