//! Embeddings in a safetensors file: tensor `embeddings` [n, d], read in pieces, so that memory holds them once.

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

/// Name of the tensor.
pub const TENSOR: &str = "embeddings";
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
#[derive(Clone, Debug)]
pub struct Embeddings {
    /// [n, d].
    pub values: Array2<f32>,
    /// The file's metadata, for instance cell ids.
    pub metadata: HashMap<String, String>,
    /// SHA-256 of the whole file in hexadecimal digits.
    pub sha256: String,
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
        let names = metadata.offset_keys().join(", ");
        return Err(wrong(format!("no tensor {TENSOR:?} in it; it has {names}")));
    };
    let (&[rows, columns], dtype @ (Dtype::F32 | Dtype::F64)) = (&info.shape[..], info.dtype) else {
        return Err(wrong(format!(
            "tensor {TENSOR:?} is {:?} {:?}, but must be F32 or F64 with two dimensions: cells, size",
            info.dtype, info.shape
        )));
    };
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
    /// Reads the numbers; F64 is rounded to F32.
    ///
    /// # Errors
    /// If the file cannot be read or a number is not finite (with its row).
    pub fn read(self) -> Result<Embeddings, EmbeddingsError> {
        let Self { path, mut reader, mut digest, metadata, dtype, rows, columns } = self;
        let io = |source| EmbeddingsError::Io { path: path.clone(), source };
        let wrong = |problem: String| EmbeddingsError::Format { path: path.clone(), problem };
        let mut values: Vec<f32> = Vec::with_capacity(rows * columns);
        let mut piece = vec![0u8; PIECE];
        let mut take = |length: usize, values: Option<&mut Vec<f32>>| -> Result<(), io::Error> {
            let mut sink = values;
            let mut left = length;
            while left > 0 {
                let part = &mut piece[..left.min(PIECE)];
                reader.read_exact(part)?;
                digest.update(&*part);
                left -= part.len();
                if let Some(values) = &mut sink {
                    if dtype == Dtype::F32 {
                        values.extend(part.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)));
                    } else {
                        values.extend(part.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b) as f32));
                    }
                }
            }
            Ok(())
        };
        let (start, end) = metadata.info(TENSOR).map_or((0, 0), |info| info.data_offsets);
        take(start, None).map_err(io)?;
        take(end - start, Some(&mut values)).map_err(io)?;
        take(metadata.data_len() - end, None).map_err(io)?;
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(wrong(format!(
                "row {}, column {}: {} is not a finite number",
                at / columns,
                at % columns,
                values[at]
            )));
        }
        Ok(Embeddings {
            values: Array2::from_shape_vec((rows, columns), values).map_err(|e| wrong(e.to_string()))?,
            metadata: metadata.metadata().clone().unwrap_or_default(),
            sha256: format!("{:x}", digest.finalize()),
        })
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
        assert_eq!(found.values, ndarray::array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        let expected: String = Sha256::digest(&content).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(found.sha256, expected);
        let doubles: Vec<u8> = [0.5f64, -1.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        let found = read(file(&tensors(&[(TENSOR, Dtype::F64, vec![1, 2], doubles)])).path()).unwrap();
        assert_eq!(found.values, ndarray::array![[0.5, -1.0]]);
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
