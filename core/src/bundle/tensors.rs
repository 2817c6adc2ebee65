//! Writing and reading the arrays of a bundle: safetensors, little endian, row-major.

use std::collections::BTreeMap;

use safetensors::{Dtype, SafeTensorError, SafeTensors, tensor::TensorView};
use thiserror::Error;

/// Tensors of one file, by name.
#[derive(Clone, Debug, Default)]
pub struct Tensors {
    tensors: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>,
    metadata: BTreeMap<String, String>,
}

/// Why a tensor cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TensorError {
    /// Not a safetensors file, or damaged.
    #[error("not a whole safetensors file: {0}")]
    Container(#[from] SafeTensorError),
    /// No tensor of that name.
    #[error("it has no tensor {0:?}")]
    Missing(String),
    /// Another element type.
    #[error("tensor {name:?} is {found}, expected {expected}")]
    Type {
        /// Tensor.
        name: String,
        /// Its type.
        found: String,
        /// The type wanted.
        expected: &'static str,
    },
    /// Another shape.
    #[error("tensor {name:?} has the shape {shape:?}")]
    Shape {
        /// Tensor.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
    },
}

macro_rules! element {
    ($type:ident, $dtype:ident) => {
        /// Adds a tensor; `values` in row-major order, as many as the shape says.
        pub fn $type(&mut self, name: &str, shape: &[usize], values: impl IntoIterator<Item = $type>) {
            let bytes = values.into_iter().flat_map(<$type>::to_le_bytes).collect();
            self.tensors.insert(name.into(), (Dtype::$dtype, shape.to_vec(), bytes));
        }
    };
}

macro_rules! reader {
    ($read:ident, $type:ty, $dtype:ident, $size:literal) => {
        /// Shape and values of a tensor.
        ///
        /// # Errors
        /// If it is missing or of another type.
        pub fn $read(file: &SafeTensors<'_>, name: &str) -> Result<(Vec<usize>, Vec<$type>), TensorError> {
            let view = file.tensor(name).map_err(|_| TensorError::Missing(name.into()))?;
            if view.dtype() != Dtype::$dtype {
                let found = format!("{:?}", view.dtype());
                return Err(TensorError::Type { name: name.into(), found, expected: stringify!($dtype) });
            }
            let (words, _) = view.data().as_chunks::<$size>();
            Ok((view.shape().to_vec(), words.iter().map(|w| <$type>::from_le_bytes(*w)).collect()))
        }
    };
}

impl Tensors {
    element!(f32, F32);
    element!(f64, F64);
    element!(u32, U32);
    element!(u16, U16);
    element!(u8, U8);

    /// Adds a text.
    pub fn metadata(&mut self, key: &str, text: impl Into<String>) {
        self.metadata.insert(key.into(), text.into());
    }

    /// The file.
    ///
    /// # Errors
    /// If a tensor has not as many values as its shape says.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SafeTensorError> {
        let views = self
            .tensors
            .iter()
            .map(|(name, (dtype, shape, bytes))| {
                Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?))
            })
            .collect::<Result<Vec<_>, SafeTensorError>>()?;
        let mut file = safetensors::serialize(views, None)?;
        self.insert_metadata(&mut file)?;
        Ok(file)
    }

    /// Puts the metadata first in the header, sorted: the library would write them in an order that changes from run
    /// to run.
    fn insert_metadata(&self, file: &mut Vec<u8>) -> Result<(), SafeTensorError> {
        let Some((length, _)) = file.split_first_chunk::<8>().filter(|_| !self.metadata.is_empty()) else {
            return Ok(());
        };
        let end = 8 + u64::from_le_bytes(*length) as usize;
        let old = file[8..end].trim_ascii_end();
        let mut header = b"{\"__metadata__\":".to_vec();
        header.extend(serde_json::to_vec(&self.metadata)?);
        if old != b"{}" {
            header.push(b',');
        }
        header.extend_from_slice(&old[1..]);
        // Padded as the library pads it, so that the values stay aligned.
        header.resize(header.len().next_multiple_of(8), b' ');
        let length = (header.len() as u64).to_le_bytes();
        file.splice(..end, length.into_iter().chain(header));
        Ok(())
    }
}

reader!(read_f32, f32, F32, 4);
reader!(read_f64, f64, F64, 8);
reader!(read_u32, u32, U32, 4);
reader!(read_u16, u16, U16, 2);
reader!(read_u8, u8, U8, 1);

/// Values of a tensor that is u32, or u16 where that holds them all.
pub(super) fn read_narrow_u32(file: &SafeTensors<'_>, name: &str) -> Result<Vec<u32>, TensorError> {
    match file.tensor(name) {
        Ok(view) if view.dtype() == Dtype::U16 => {
            Ok(read_u16(file, name)?.1.into_iter().map(u32::from).collect())
        }
        _ => Ok(read_u32(file, name)?.1),
    }
}

/// Values of a tensor that is f32, or u16 where all are whole.
pub(super) fn read_narrow_f32(file: &SafeTensors<'_>, name: &str) -> Result<Vec<f32>, TensorError> {
    match file.tensor(name) {
        Ok(view) if view.dtype() == Dtype::U16 => {
            Ok(read_u16(file, name)?.1.into_iter().map(f32::from).collect())
        }
        _ => Ok(read_f32(file, name)?.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut file = Tensors::default();
        file.f32("a", &[2, 1], [1.5, -2.0]);
        file.u16("b", &[1], [7]);
        file.metadata("k", "v");
        let bytes = file.to_bytes().unwrap();
        let read = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(read_f32(&read, "a").unwrap(), (vec![2, 1], vec![1.5, -2.0]));
        assert_eq!(read_u16(&read, "b").unwrap().1, [7]);
        assert!(matches!(read_u32(&read, "b"), Err(TensorError::Type { .. })));
        assert!(matches!(read_u32(&read, "c"), Err(TensorError::Missing(_))));
    }

    #[test]
    fn metadata_has_one_order_and_values_stay_aligned() {
        let mut file = Tensors::default();
        for key in ["z", "a\"b", "m"] {
            file.metadata(key, format!("{key} ü"));
        }
        file.f32("values", &[1], [1.0]);
        let bytes = file.to_bytes().unwrap();
        assert_eq!(bytes.len() % 8, 4, "one value after a header of whole words");
        assert!(bytes[8..].starts_with(br#"{"__metadata__":{"a\"b":"#));
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = header.metadata().as_ref().unwrap();
        assert_eq!((metadata.len(), metadata["z"].as_str()), (3, "z ü"));
        let mut none = Tensors::default();
        none.metadata("only", "this");
        assert!(SafeTensors::deserialize(&none.to_bytes().unwrap()).unwrap().is_empty());
    }

    #[test]
    fn a_wrong_shape_is_an_error() {
        let mut file = Tensors::default();
        file.u32("a", &[3], [1, 2]);
        assert!(file.to_bytes().is_err());
    }
}
