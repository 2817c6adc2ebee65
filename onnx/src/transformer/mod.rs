//! Transformer encoders with normalisation after attention and after the feed-forward part: what scGPT and Geneformer's
//! BERT have in common.
//!
//! | file | idea |
//! |---|---|
//! | `weights` | one layer's weights |
//! | `graph` | the layers as ONNX operators |
//! | `unpadded` | a graph for batches of equal length, made of the one with a mask |
//!
//! The graphs' input `mask` i32 is what `com.microsoft.MultiHeadAttention` takes as a one-dimensional key padding mask: on
//! the processor the length of each sequence, `[n]`; on CUDA [3 n + 2], the lengths, then 0, L, 2 L … n L twice, L being the
//! padded length.

mod graph;
mod unpadded;
mod weights;

pub(crate) use graph::{layers, linear, normalised};
pub use unpadded::without_padding;
pub(crate) use weights::{Layer, Linear, Norm, turned};

/// Name of the mask, which [`without_padding`] removes.
pub(crate) const MASK: &str = "mask";
/// The fused attention operator and the place of its mask among the inputs.
const ATTENTION: (&str, usize) = ("MultiHeadAttention", 4);

/// What layers of one model have in common beside their weights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Attention heads.
    pub heads: usize,
    /// Epsilon of the normalisations.
    pub epsilon: f32,
    /// Between the two linear layers of the feed-forward part.
    pub activation: Activation,
}

/// A function of single values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    /// max(x, 0).
    Relu,
    /// x · Φ(x), exact.
    Gelu,
}
