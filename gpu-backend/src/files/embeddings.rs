//! Embeddings in a safetensors file: tensor `embeddings` [n, d]. The file is read once in pieces, to be checked, and then mapped:
//! memory holds none of it.

mod values;
mod writer;

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use cellprism_core::sae::SourceModel;
use ndarray::Array2;
use safetensors::{Dtype, tensor::Metadata};
use sha2::{Digest, Sha256};

use crate::work::regular;
pub use values::Values;
pub use writer::Writer;

/// Name of the tensor.
pub const TENSOR: &str = "embeddings";
/// Name of the metadata with the ids of the cells, a JSON list.
pub const CELLS: &str = "cells";
/// Largest header that is read.
const MOST_HEADER: u64 = 100_000_000;
const PIECE: usize = 1 << 20;

/// Why embeddings cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddingsError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// It is not a safetensors file with such a tensor.
    #[error("{path}: {problem}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

/// A file whose header has been checked.
#[derive(Debug)]
pub struct EmbeddingsFile {
    path: PathBuf,
    reader: BufReader<File>,
    digest: Sha256,
    metadata: Metadata,
    dtype: Dtype,
    /// Cells.
    pub rows: usize,
    /// d.
    pub columns: usize,
}

/// Embeddings with what else the file says.
#[derive(Debug)]
pub struct Embeddings {
    /// [n, d].
    pub values: Values,
    /// The file's metadata, for instance cell ids.
    pub metadata: HashMap<String, String>,
    /// SHA-256 of the whole file in hexadecimal digits.
    pub sha256: String,
    /// Where they are from, for errors.
    pub source: PathBuf,
}

impl Embeddings {
    /// The model that `embed` says it used, where the file says so.
    pub fn model(&self) -> Option<SourceModel> {
        serde_json::from_str(self.metadata.get("model")?).ok()
    }
}

/// Opens a file and checks its header against its size; nothing of the size it claims is allocated.
///
/// # Errors
/// If it cannot be read, is no safetensors file, or has no two-dimensional tensor `embeddings` of F32 or F64.
pub fn open(path: &Path) -> Result<EmbeddingsFile, EmbeddingsError> {
    let io = |source| EmbeddingsError::Io { path: path.to_owned(), source };
    let wrong = |problem: String| EmbeddingsError::Format { path: path.to_owned(), problem };
    let file = regular::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    let mut reader = BufReader::with_capacity(PIECE, file);
    let mut digest = Sha256::new();
    let mut length = [0u8; 8];
    if size < 8 {
        return Err(wrong(format!("{size} bytes are no safetensors file")));
    }
    reader.read_exact(&mut length).map_err(io)?;
    digest.update(length);
    let length = u64::from_le_bytes(length);
    if length > MOST_HEADER || length > size - 8 {
        return Err(wrong(format!(
            "its header claims {length} bytes, the file has {size}: not a safetensors file, or damaged"
        )));
    }
    let mut header = vec![0u8; length as usize];
    reader.read_exact(&mut header).map_err(io)?;
    digest.update(&header);
    let metadata: Metadata =
        serde_json::from_slice(&header).map_err(|e| wrong(format!("damaged safetensors header: {e}")))?;
    if metadata.data_len() as u64 != size - 8 - length {
        return Err(wrong(format!(
            "its header describes {} bytes of numbers, the file has {}: cut off or damaged",
            metadata.data_len(),
            size - 8 - length
        )));
    }
    let Some(info) = metadata.info(TENSOR) else {
        let names = metadata.offset_keys();
        let others = if names.is_empty() { "none at all".to_owned() } else { names.join(", ") };
        return Err(wrong(format!("no tensor {TENSOR:?} in it; it has {others}")));
    };
    let (&[rows, columns], dtype @ (Dtype::F32 | Dtype::F64)) = (&info.shape[..], info.dtype) else {
        return Err(wrong(format!(
            "tensor {TENSOR:?} is {:?} {:?}, but must be F32 or F64 with two dimensions: cells, size",
            info.dtype, info.shape
        )));
    };
    if let Some(listed) = metadata.metadata().as_ref().and_then(|metadata| metadata.get(CELLS)) {
        let names: Result<Vec<String>, _> = serde_json::from_str(listed);
        let names =
            names.map_err(|error| wrong(format!("metadata {CELLS:?} is no JSON list of ids: {error}")))?;
        if names.len() != rows {
            return Err(wrong(format!("{} ids in its metadata {CELLS:?}, but {rows} rows", names.len())));
        }
    }
    Ok(EmbeddingsFile { path: path.to_owned(), reader, digest, metadata, dtype, rows, columns })
}

/// Opens and reads a file.
///
/// # Errors
/// As [`open`] and [`EmbeddingsFile::read`].
pub fn read(path: &Path) -> Result<Embeddings, EmbeddingsError> {
    open(path)?.read()
}

impl EmbeddingsFile {
    /// Bytes of numbers that are mapped and so take no memory of this program: all of them, or none where they are read.
    pub fn mapped_bytes(&self) -> u64 {
        let size = (self.rows as u64).saturating_mul(self.columns as u64).saturating_mul(4);
        if self.dtype == Dtype::F32 && cfg!(target_endian = "little") { size } else { 0 }
    }

    /// Checks the numbers and maps them; F64 is rounded to F32 and held in memory, and so is what does not lie as numbers do in
    /// memory.
    ///
    /// # Errors
    /// If the file cannot be read or a number is not finite (with its row).
    pub fn read(self) -> Result<Embeddings, EmbeddingsError> {
        let Self { path, mut reader, mut digest, metadata, dtype, rows, columns } = self;
        let io = |source| EmbeddingsError::Io { path: path.clone(), source };
        let wrong = |problem: String| EmbeddingsError::Format { path: path.clone(), problem };
        let (start, end) = metadata.info(TENSOR).map_or((0, 0), |info| info.data_offsets);
        let size = reader.get_ref().metadata().map_err(io)?.len() as usize;
        let at = size - metadata.data_len() + start;
        let mapped = match dtype {
            Dtype::F32 => Values::map(reader.get_ref(), at, rows, columns).map_err(io)?,
            _ => None,
        };
        let mut numbers = Numbers { dtype, seen: 0, wrong: None, held: None };
        if mapped.is_none() {
            numbers.held = Some(Vec::with_capacity(rows * columns));
        }
        let mut piece = vec![0u8; PIECE];
        let mut take = |length: usize, numbers: Option<&mut Numbers>| -> Result<(), io::Error> {
            let mut sink = numbers;
            let mut left = length;
            while left > 0 {
                let part = &mut piece[..left.min(PIECE)];
                reader.read_exact(part)?;
                digest.update(&*part);
                left -= part.len();
                if let Some(numbers) = &mut sink {
                    numbers.take(part);
                }
            }
            Ok(())
        };
        take(start, None).map_err(io)?;
        take(end - start, Some(&mut numbers)).map_err(io)?;
        take(metadata.data_len() - end, None).map_err(io)?;
        if let Some((at, value)) = numbers.wrong {
            let (row, column) = (at / columns, at % columns);
            return Err(wrong(format!("row {row}, column {column}: {value} is not a finite number")));
        }
        let values = match mapped {
            Some(values) => values,
            None => {
                let held = numbers.held.unwrap_or_default();
                Values::Held(Array2::from_shape_vec((rows, columns), held).map_err(|e| wrong(e.to_string()))?)
            }
        };
        Ok(Embeddings {
            values,
            metadata: metadata.metadata().clone().unwrap_or_default(),
            sha256: format!("{:x}", digest.finalize()),
            source: path.clone(),
        })
    }
}

/// The numbers as they go by.
struct Numbers {
    dtype: Dtype,
    seen: usize,
    /// The first that is not finite, and its place.
    wrong: Option<(usize, f32)>,
    /// Kept, where they are not mapped.
    held: Option<Vec<f32>>,
}

impl Numbers {
    fn take(&mut self, bytes: &[u8]) {
        if self.dtype == Dtype::F32 {
            bytes.as_chunks::<4>().0.iter().for_each(|b| self.one(f32::from_le_bytes(*b)));
        } else {
            bytes.as_chunks::<8>().0.iter().for_each(|b| self.one(f64::from_le_bytes(*b) as f32));
        }
    }

    fn one(&mut self, value: f32) {
        if !value.is_finite() && self.wrong.is_none() {
            self.wrong = Some((self.seen, value));
        }
        self.seen += 1;
        if let Some(held) = &mut self.held {
            held.push(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::TensorView;

    fn file(content: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        file
    }

    fn tensors(all: &[(&str, Dtype, Vec<usize>, Vec<u8>)]) -> Vec<u8> {
        let views = all.iter().map(|(n, t, s, b)| (*n, TensorView::new(*t, s.clone(), b).unwrap()));
        safetensors::serialize(views, None).unwrap()
    }

    fn bytes(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|v| v.to_le_bytes()).collect()
    }

    #[test]
    fn reads_among_others_and_in_double_precision() {
        let wanted = bytes(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let content = tensors(&[
            ("a", Dtype::U8, vec![3], vec![1, 2, 3]),
            (TENSOR, Dtype::F32, vec![2, 3], wanted.clone()),
            ("z", Dtype::F32, vec![6], wanted),
        ]);
        let found = read(file(&content).path()).unwrap();
        assert_eq!(found.values.view(), ndarray::array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        assert!(found.values.is_mapped() == cfg!(target_endian = "little"));
        let expected: String = Sha256::digest(&content).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(found.sha256, expected);
        let doubles: Vec<u8> = [0.5f64, -1.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        let found = read(file(&tensors(&[(TENSOR, Dtype::F64, vec![1, 2], doubles)])).path()).unwrap();
        assert_eq!(found.values.view(), ndarray::array![[0.5, -1.0]]);
        assert!(!found.values.is_mapped());
    }

    #[test]
    fn refuses_with_the_reason() {
        let refuse = |content: &[u8]| read(file(content).path()).unwrap_err().to_string();
        assert!(refuse(b"").contains("0 bytes"));
        let mut lie = (1u64 << 60).to_le_bytes().to_vec();
        lie.extend(b"{}");
        assert!(refuse(&lie).contains("header claims"));
        let good = tensors(&[(TENSOR, Dtype::F32, vec![2, 2], bytes(&[1.0, 2.0, f32::NAN, 4.0]))]);
        assert!(refuse(&good).contains("row 1, column 0"));
        assert!(refuse(&good[..good.len() - 4]).contains("cut off"));
        assert!(refuse(&tensors(&[("x", Dtype::F32, vec![1], bytes(&[1.0]))])).contains("it has x"));
        assert!(refuse(&tensors(&[(TENSOR, Dtype::F32, vec![1], bytes(&[1.0]))])).contains("two dimensions"));
        assert!(read(Path::new("nowhere.safetensors")).unwrap_err().to_string().contains("nowhere"));
    }
}
