//! `cells/embeddings.safetensors`: what the model says of each cell, where that is small enough to be published.

use ndarray::Array2;

use super::{
    File, ReadError, TensorError, Tensors, WriteError,
    checking::{Arrays, Bundle, Report},
    file::opened,
    read_f32,
};

/// Embeddings of the cells, where they are small enough to be published.
pub const EMBEDDINGS: &str = "cells/embeddings.safetensors";
/// The tensor in it, and in every file of embeddings.
pub const EMBEDDINGS_TENSOR: &str = "embeddings";

/// Embeddings `[cells, d]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings(pub Array2<f32>);

impl File for Embeddings {
    fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let mut file = Tensors::default();
        file.f32(EMBEDDINGS_TENSOR, &[self.0.nrows(), self.0.ncols()], self.0.iter().copied());
        Ok(file.to_bytes()?)
    }

    fn from_bytes(path: &str, bytes: &[u8]) -> Result<Self, ReadError> {
        opened(path, bytes, |file| {
            let (shape, values) = read_f32(file, EMBEDDINGS_TENSOR)?;
            let shape = match *shape.as_slice() {
                [cells, size] => (cells, size),
                _ => return Err(TensorError::Shape { name: EMBEDDINGS_TENSOR.into(), shape }),
            };
            Array2::from_shape_vec(shape, values).map(Self).map_err(|_| TensorError::Shape {
                name: EMBEDDINGS_TENSOR.into(),
                shape: vec![shape.0, shape.1],
            })
        })
    }
}

/// One row a cell, where the file is listed.
pub(super) fn check(bundle: &Bundle<'_>, report: &mut Report) {
    if !bundle.manifest.files.contains_key(EMBEDDINGS) {
        return;
    }
    let counts = &bundle.manifest.counts;
    let Some(bytes) = bundle.content(EMBEDDINGS, report) else { return };
    if let Some(arrays) = Arrays::open(EMBEDDINGS, &bytes, report) {
        let shape = [Some(counts.cells as usize), Some(counts.embedding as usize)];
        arrays.f32(EMBEDDINGS_TENSOR, &shape, false, report);
    }
}
