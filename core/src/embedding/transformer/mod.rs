//! A transformer of one sequence at a time on the processor: layers with normalisation after attention and after the
//! feed-forward part, no positions, and only the first position's vector read of the last layer.
//!
//! What is computed for a cell with a few tokens exchanged is what one pass of the whole sequence gives, with fewer
//! operations: in the first layer each position's attention loses the old keys and gains the new ones, and the last layer
//! is computed for the first position alone. In between, every position has changed, and nothing is saved.
//!
//! | file | idea |
//! |---|---|
//! | `weights` | the layers' weights |
//! | `features` | [`Features`]: vectors of all positions, a feature at a time, so that every sum runs across positions |
//! | `room` | memory that is used again |
//! | `accumulate` | the loop that all time is spent in: numbers of eight rows, times blocks of positions, in registers |
//! | `product` | a linear layer |
//! | `exponential` | powers of two of many numbers |
//! | `attention` | softmax attention of all positions |
//! | `attention_gradient` | its gradient |
//! | `normalise` | a sum of two, normalised |
//! | `layer` | one layer: for all positions, and for the first alone |
//! | `exchange` | the first layer with some tokens exchanged |
//! | `backward` | the gradient at the inputs |
//! | `encoder` | [`Transformer`]: the whole |
//! | `naive` | the definition, position by position in double precision: the reference of the tests |
//!
//! Sums have a fixed order and products are fused into them: the same bits for any number of threads, and on every
//! processor that has fused products.

mod accumulate;
mod attention;
mod attention_gradient;
mod backward;
mod encoder;
mod exchange;
mod exponential;
mod features;
mod layer;
#[cfg(test)]
mod naive;
mod normalise;
mod product;
mod room;
mod weights;

pub use encoder::{Read, Transformer};
pub use features::Features;
pub use weights::{Affine, LayerWeights, Normalisation};
