//! The weights of one layer.

use crate::checkpoint::Tensor;

/// A linear layer, turned for products from the right: weight [in, out], bias [out].
#[derive(Clone, Debug)]
pub(crate) struct Linear {
    pub weight: Tensor,
    pub bias: Tensor,
}

/// Scale and shift of a layer normalisation.
#[derive(Clone, Debug)]
pub(crate) struct Norm {
    pub scale: Tensor,
    pub shift: Tensor,
}

/// One transformer layer.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    /// Queries, keys and values.
    pub qkv: [Linear; 3],
    pub out: Linear,
    pub norm1: Norm,
    pub linear1: Linear,
    pub linear2: Linear,
    pub norm2: Norm,
}

/// A row-major matrix with `columns` columns, turned.
pub(crate) fn turned(values: &[f32], columns: usize) -> Tensor {
    let rows = values.len() / columns.max(1);
    let mut out = vec![0.0; values.len()];
    for (row, line) in values.chunks(columns.max(1)).enumerate() {
        for (column, &value) in line.iter().enumerate() {
            out[column * rows + row] = value;
        }
    }
    Tensor { shape: vec![columns, rows], values: out }
}
